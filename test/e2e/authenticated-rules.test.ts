/** Enrollment and profile rules that ask how the user signed in, in real sign-ins. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../src/authenticators/email/email.ts';
import { codeIn, mailTo } from '../support/mail.ts';
import { startNode, type TestNode, testPassword } from '../support/node.ts';
import { randomName } from '../support/random-name.ts';
import { password } from '../support/relying-party.ts';
import { answerStep, beginSignIn, currentStep, formOf, identify, signOnPolicy } from '../support/sign-in-flow.ts';
import { type Page, UserAgent } from '../support/user-agent.ts';
