/** What to do about errors, where the place that finds one knows nothing better. */
import type { ProblemCode } from './finding.ts';

/** By code, a sentence without its period. What it means, too, is in `docs/findings.md`. */
export const errorAdvice: Readonly<Record<ProblemCode, string>> = {
  comment_unplaced: 'move the comment to a line of its own',
  directory_missing: 'correct the name, or make the directory',
  file_missing: 'write the file, or correct the name',
  file_too_large: 'divide it, or look what it is',
  file_unreadable: 'put a file there that this command may read',
  unknown_file: 'rename it, move it to where it belongs, or remove it',
  variable_missing: 'set the variable, or write a default',
  yaml_aliases: 'write some of them out',
  yaml_cycle: 'write out what is meant',
  yaml_duplicate_key: 'remove one of them',
  yaml_syntax: 'correct the place of the caret, or the line above it: most often indentation, a bracket or a quote',
  yaml_too_deep: 'write it with fewer levels',

  authenticator_unfit: 'take it out, or name one that can count here',
  catch_all_misplaced: 'move the rule without `when` to the end, or give it conditions',
  catch_all_missing: 'add a rule without `when` at the end',
  duplicate_name: 'rename one of them',
  expression_invalid: 'correct the expression: docs/policies.md lists what it may read and call',
  expression_too_dear: 'write it without a test of each member within another, or as conditions of the rule',
  invalid_value: 'write a value as the message says; docs/policies.md and the schema of the file describe each key',
  policy_ambiguous: 'name one of them in `signOnPolicy`',
  policy_missing: 'name a policy in `signOnPolicy`, or give one the label',
  policy_off: 'switch it on (`enabled`), or name another one',
  setting_missing: 'add the setting to stepgate.yaml, or do without what rests on it',
  type_mismatch: 'compare what the type of the attribute allows, or change its type in stepgate.yaml',
  unknown_key: 'correct it, or move it to where it belongs',
  unknown_reference: 'correct the name, or add what it should name',
  value_missing: 'add the key',

  brand_file_invalid: 'export the file anew: docs/branding.md says what it may hold',
  brand_too_large: 'make the pictures smaller, or leave one out',
  colours_unreadable: 'make one of the two colours darker or lighter',
  template_invalid: 'correct the template where the message says',
  template_outdated: 'compare the template with ours, then write the new version first',
  texts_invalid: 'correct the text by the English one',

  account_unmeetable: 'ask for less where the account adds its first authenticator',
  app_closed: 'add a rule that allows, or remove the app',
  enrollment_unmeetable: 'enable an authenticator that users can set up, or name another one',
  level_unreachable: 'enable another authenticator in stepgate.yaml, or ask for less',
  profile_unmeetable: 'say `write: user` of the attribute, or do not ask for it',
  rule_unmeetable: 'enable another authenticator in stepgate.yaml, or ask for less',

  test_unaskable: 'correct the situation that the test describes',
  tests_missing: 'write one, or name another directory with --tests',
};
