import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MODULES = fileURLToPath(new URL('../../go', import.meta.url));
const BUILD_LIMIT_MS = 20 * 60_000;
const KUBERNETES = 'v1.36.3';

/** Each command: the Go module beside this package whose go.sum pins it, and its package. */
const COMMANDS = {
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  'kube-controller-manager': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  'kube-scheduler': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  kubelet: { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubelet' },
  kubectl: { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubectl' },
  kwok: { module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok' },
  karpenter: { module: 'karpenter', package: 'sigs.k8s.io/karpenter/kwok' },
  helm: { module: 'helm', package: 'helm.sh/helm/v3/cmd/helm' },
} as const;

export type BinaryName = keyof typeof COMMANDS;

/** What the tests use so far. */
export const BINARIES: readonly BinaryName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kubectl',
  'kwok',
  'karpenter',
  'helm',
];

/** What is made once and kept for later runs. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'restow', 'testbed');
}

/**
 * Where a command of the test bed is: in the folder that KUBEBUILDER_ASSETS names, else built from the Go module proxy
 * into a cache, on first use (about eight minutes for all of them).
 */
export async function findBinary(name: BinaryName): Promise<string> {
  const given = process.env.KUBEBUILDER_ASSETS;
  if (given !== undefined && existsSync(join(given, name))) return join(given, name);
  const { module, package: pack } = COMMANDS[name];
  const folder = join(MODULES, module);
  const pinned = createHash('sha256')
    .update(readFileSync(join(folder, 'go.sum')))
    .update(KUBERNETES)
    .digest('hex');
  const binary = join(cacheFolder(), `${module}-${pinned.slice(0, 16)}`, name);
  if (await exists(binary)) return binary;
  await mkdir(join(binary, '..'), { recursive: true });
  const partial = `${binary}.${randomUUID()}`;
  const stamp = ['gitVersion=v1.36.3', 'gitMajor=1', 'gitMinor=36'].map(
    (one) => `-X k8s.io/component-base/version.${one}`,
  );
  const flags = ['build', '-trimpath', '-ldflags', ['-s', '-w', ...stamp].join(' '), '-o', partial, pack];
  try {
    await run('go', flags, {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0' },
      timeout: BUILD_LIMIT_MS,
      maxBuffer: 2 ** 26,
    });
    await rename(partial, binary);
  } finally {
    await rm(partial, { force: true });
  }
  return binary;
}

/** The folder of a Go module's source, for the manifests that lie in it. */
export async function sourceOf(module: 'kwok' | 'karpenter'): Promise<string> {
  const path = module === 'kwok' ? 'sigs.k8s.io/kwok' : 'sigs.k8s.io/karpenter';
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', path], {
    cwd: join(MODULES, module),
  });
  return stdout.trim();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
