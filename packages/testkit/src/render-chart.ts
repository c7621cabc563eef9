import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findBinary } from './control-plane/binaries.ts';

const run = promisify(execFile);
const CHART = fileURLToPath(new URL('../../../deploy/chart', import.meta.url));
const LIMIT_MS = 60_000;
/** A helm that is built from its module does not know which one it is for. */
const KUBERNETES = ['--kube-version', '1.36.3'];

export interface Rendering {
  /** Values beside the chart's, as helm's `--set-json` takes them. */
  readonly values?: readonly string[];
  readonly namespace?: string;
  readonly release?: string;
  /** Only this template's manifests. */
  readonly only?: string;
}

/** What the chart makes of values, as YAML. Throws what helm says where it refuses them. */
export async function renderChart({
  values = [],
  namespace = 'kube-system',
  release = 'restow',
  only,
}: Rendering = {}) {
  const set = values.flatMap((value) => ['--set-json', value]);
  const shown = only === undefined ? [] : ['--show-only', `templates/${only}`];
  const { stdout } = await helm('template', release, CHART, '--namespace', namespace, ...KUBERNETES, ...set, ...shown);
  return stdout;
}

/** Throws what is wrong with the chart, warnings too. */
export async function lintChart(values: readonly string[]): Promise<string> {
  const set = values.flatMap((value) => ['--set-json', value]);
  return (await helm('lint', CHART, '--strict', ...KUBERNETES, ...set)).stdout;
}

async function helm(...args: readonly string[]) {
  return run(await findBinary('helm'), args, { timeout: LIMIT_MS, maxBuffer: 2 ** 24 });
}

/** Plain manifests in `deploy/`, which are what the chart makes of its defaults. */
export const MANIFESTS = ['rbac.yaml', 'controller.yaml'] as const;
export type ManifestName = (typeof MANIFESTS)[number];

const TEMPLATES: Readonly<Record<ManifestName, readonly string[]>> = {
  'rbac.yaml': ['reader.yaml', 'planner.yaml', 'actor.yaml'],
  'controller.yaml': ['controller.yaml'],
};
const ABOUT: Readonly<Record<ManifestName, string>> = {
  'rbac.yaml': `# What restow may do in a cluster: a service account each for reading, planning and acting. Made from the chart (npm run manifests).
`,
  'controller.yaml': `# \`restow serve --config\` in the cluster, with the rights of rbac.yaml. Before it is applied: the image that you have built
# (Containerfile), the schedules, and a StorageClass where there is no default one. Made from the chart (npm run manifests).
#   kubectl apply -f deploy/rbac.yaml -f deploy/controller.yaml
`,
};

/** One of them, as it must be. */
export async function manifestsOf(name: ManifestName): Promise<string> {
  const parts: string[] = [];
  for (const only of TEMPLATES[name]) parts.push(await renderChart({ only }));
  const text = parts.join('').replaceAll(/^# Source: .*\n/gm, '');
  return `${ABOUT[name]}${text.replace(/^---\n/, '')}`;
}
