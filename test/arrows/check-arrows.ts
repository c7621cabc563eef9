import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Checks which package imports which, against the one picture of the architecture, and a few habits that no linter
 * knows: imports go through a package's index, libraries are declared where they are used, files stay short.
 */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Who may import whom. Tests may import testkit too. To add a package: a line here and one in CONTRIBUTING.md. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  model: [],
  scheduling: ['model'],
  pricing: ['model'],
  report: ['model'],
  solver: ['model', 'scheduling', 'pricing'],
  executor: ['model', 'scheduling'],
  kube: ['model', 'executor'],
  snapshotter: ['model', 'executor', 'kube'],
  simulator: ['model', 'scheduling', 'pricing', 'executor'],
  migration: ['model', 'executor', 'kube'],
  agent: ['migration'],
  aws: ['model', 'pricing', 'executor'],
  gcp: ['model', 'pricing', 'executor'],
  controller: ['model', 'report', 'executor', 'kube', 'migration'],
  testkit: ['model', 'executor'],
  cli: [
    'model',
    'scheduling',
    'pricing',
    'solver',
    'executor',
    'kube',
    'snapshotter',
    'simulator',
    'migration',
    'agent',
    'aws',
    'gcp',
    'controller',
    'report',
  ],
};
const LONGEST_FILE = 500;
const IMPORT = /(?:^\s*(?:import|export)\b[^'"`;]*?from\s*|^\s*import\s*|\bimport\()['"]([^'"]+)['"]/gm;

const problems: string[] = [];
for (const name of readdirSync(join(ROOT, 'packages'))) {
  const folder = join(ROOT, 'packages', name);
  const allowed = ALLOWED[name];
  if (allowed === undefined) {
    problems.push(`packages/${name} has no line in the picture (${relative(ROOT, fileURLToPath(import.meta.url))})`);
    continue;
  }
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  };
  // The command is packed as one bundle, so that what it is made of is not installed beside it.
  const { dependencies, devDependencies } = manifest;
  const declared = new Set(Object.keys({ ...dependencies, ...(name === 'cli' ? devDependencies : {}) }));
  for (const file of sourcesOf(join(folder, 'src'))) checkFile(file, folder, allowed, declared);
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n${problems.length} arrows or files are wrong\n`);
  process.exitCode = 1;
} else process.stdout.write(`arrows: ${Object.keys(ALLOWED).length} packages as drawn\n`);

function checkFile(file: string, folder: string, allowed: readonly string[], declared: ReadonlySet<string>): void {
  const text = readFileSync(file, 'utf8');
  const say = (problem: string) => problems.push(`${relative(ROOT, file)}: ${problem}`);
  const isTest = file.endsWith('.test.ts');
  const length = text.split('\n').length;
  if (length > LONGEST_FILE) say(`has ${length} lines (at most ${LONGEST_FILE})`);
  for (const [, specifier] of text.matchAll(IMPORT)) {
    const target = specifier as string;
    if (target.startsWith('node:')) continue;
    if (target.startsWith('.')) {
      if (!resolve(dirname(file), target).startsWith(`${folder}/`)) say(`leaves its package by ${target}`);
      continue;
    }
    const ours = /^@restow\/([^/]+)(\/.*)?$/.exec(target);
    if (ours === null) {
      const library = target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/');
      if (!isTest && !declared.has(library)) say(`imports ${library}, which its package.json does not name`);
      continue;
    }
    const [, other, inside] = ours as unknown as [string, string, string | undefined];
    if (inside !== undefined) say(`reaches into @restow/${other}; import its index`);
    if (isTest && other === 'testkit') continue;
    if (!allowed.includes(other)) say(`imports @restow/${other}, against the arrows`);
    else if (!declared.has(`@restow/${other}`)) say(`imports @restow/${other}, which its package.json does not name`);
  }
}

function sourcesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) return sourcesOf(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}
