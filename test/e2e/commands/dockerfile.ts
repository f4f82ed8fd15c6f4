import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** One stage of a Dockerfile that was carried out in a directory of this machine instead of a container. */
export interface Stage {
  readonly base: string;
  /** The directory that stands for the stage's `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly volumes: readonly string[];
  readonly exposes: readonly string[];
  readonly stopSignal: string | undefined;
  readonly healthcheck: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
}

interface Instruction {
  readonly name: string;
  readonly text: string;
}

interface Machine {
  readonly contextDir: string;
  readonly scratchDir: string;
  readonly ignored: (path: string) => boolean;
  readonly args: Map<string, string>;
  readonly stages: Map<string, Stage>;
}

/**
 * Carries out a Dockerfile without Docker: each stage gets a directory, COPY copies, RUN runs in the stage's working
 * directory. An instruction or a flag that it does not know is an error, so that nothing is passed over in silence.
 *
 * @returns the last stage
 */
export function carryOut(contextDir: string, scratchDir: string): Stage {
  const ignored = readIgnored(join(contextDir, '.dockerignore'));
  const machine: Machine = { contextDir, scratchDir, ignored, args: new Map(), stages: new Map() };
  let stage: Stage | undefined;
  for (const { name, text } of parse(readFileSync(join(contextDir, 'Dockerfile'), 'utf8'))) {
    if (name === 'ARG' && stage === undefined) setArgument(machine, text);
    else if (name === 'FROM') stage = begin(machine, text);
    else if (stage === undefined) throw new Error(`${name} before the first FROM`);
    else stage = apply(machine, stage, { name, text });
    if (stage !== undefined) machine.stages.set(basename(stage.root), stage);
  }
  if (stage === undefined) throw new Error('the Dockerfile has no stage');
  return stage;
}

/** Where a path of the image is on this machine. */
export function onThisMachine(stage: Stage, path: string): string {
  return join(stage.root, resolve(stage.workdir, path));
}

function parse(source: string): Instruction[] {
  const lines = source
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name, text] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
      if (name === undefined || text === undefined) throw new Error(`cannot read the line: ${line}`);
      return { name, text: text.trim() };
    });
}

function setArgument({ args }: Machine, text: string): void {
  const [name = '', value = ''] = text.split('=');
  args.set(name, value);
}

function begin({ scratchDir, args, stages }: Machine, text: string): Stage {
  const image = text.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => args.get(variable) ?? '');
  const [base = '', , name] = image.split(/\s+(AS)\s+/);
  const root = join(scratchDir, name ?? `stage-${stages.size}`);
  mkdirSync(root, { recursive: true });
  const nothing = { user: undefined, stopSignal: undefined, healthcheck: undefined, command: undefined };
  return { base, root, workdir: '/', env: {}, volumes: [], exposes: [], ...nothing };
}

function apply(machine: Machine, stage: Stage, { name, text }: Instruction): Stage {
  switch (name) {
    case 'WORKDIR':
      mkdirSync(join(stage.root, text), { recursive: true });
      return { ...stage, workdir: text };
    case 'ENV': {
      const [key = '', value = ''] = text.split('=');
      return { ...stage, env: { ...stage.env, [key]: value } };
    }
    case 'COPY':
      copy(machine, stage, text.split(/\s+/));
      return stage;
    case 'RUN':
      run(stage, text);
      return stage;
    case 'USER':
      return { ...stage, user: text };
    case 'VOLUME':
      return { ...stage, volumes: [...stage.volumes, text] };
    case 'EXPOSE':
      return { ...stage, exposes: [...stage.exposes, text] };
    case 'STOPSIGNAL':
      return { ...stage, stopSignal: text };
    case 'HEALTHCHECK':
      return { ...stage, healthcheck: execForm(text.slice(text.indexOf('CMD') + 3)) };
    case 'CMD':
      return { ...stage, command: execForm(text) };
    default:
      throw new Error(`this test does not know the instruction ${name}`);
  }
}

/** The exec form: without a shell in between, the program gets the signals itself. */
function execForm(text: string): readonly string[] {
  return JSON.parse(text) as string[];
}

function copy({ contextDir, ignored, stages }: Machine, stage: Stage, words: readonly string[]): void {
  const flags = words.filter((word) => word.startsWith('--'));
  const unknown = flags.find((flag) => !/^--(from|chown)=/.test(flag));
  if (unknown !== undefined) throw new Error(`this test does not know the flag ${unknown}`);
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  const source = from === undefined ? undefined : stages.get(from);
  if (from !== undefined && source === undefined) throw new Error(`there is no stage ${from}`);
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.at(-1) ?? '';
  for (const path of paths.slice(0, -1)) {
    if (source === undefined && ignored(path)) throw new Error(`.dockerignore keeps ${path} out of the build`);
    const origin = source === undefined ? join(contextDir, path) : onThisMachine(source, path);
    if (!existsSync(origin)) throw new Error(`COPY finds no ${path}`);
    const place = onThisMachine(stage, target);
    // A directory's content is copied, a file goes into a target that ends in a slash.
    const intoDirectory = target.endsWith('/') && !statSync(origin).isDirectory();
    cpSync(origin, intoDirectory ? join(place, basename(path)) : place, { recursive: true, verbatimSymlinks: true });
  }
}

function run(stage: Stage, command: string): void {
  if (command.startsWith('npm ci ')) {
    linkPackages(stage);
    return;
  }
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...stage.env };
  const options = { cwd: join(stage.root, stage.workdir), env, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], options);
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}:\n${stdout}\n${stderr}`);
}

/**
 * What `npm ci` would install from the same `package-lock.json` is installed in this checkout, for these tests run on
 * it. Links take a second, an installation takes twenty.
 */
function linkPackages(stage: Stage): void {
  // Of a link, `cp` would make another one, and the record below would be that of another checkout.
  const installed = realpathSync(join(process.cwd(), 'node_modules'));
  const target = join(stage.root, stage.workdir, 'node_modules');
  const linked = spawnSync('cp', ['-al', installed, target]);
  if (linked.status === 0) {
    // npm writes into its record of what is installed, and must not write into that of the checkout.
    const record = join(target, '.package-lock.json');
    rmSync(record);
    cpSync(join(installed, '.package-lock.json'), record);
    return;
  }
  // Links do not reach another file system.
  rmSync(target, { recursive: true, force: true });
  cpSync(installed, target, { recursive: true, verbatimSymlinks: true });
}

/** The later line wins. Only whole top-level names are understood, with `*` for all of them. */
function readIgnored(file: string): (path: string) => boolean {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return (path) => {
    const top = path.split('/')[0] ?? '';
    const deciding = lines.findLast((line) => line === '*' || line.replace(/^!/, '') === top);
    return deciding !== undefined && !deciding.startsWith('!');
  };
}
