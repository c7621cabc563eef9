import { spawnSync } from 'node:child_process';

/** What each tool is needed for, and the question that it must be able to answer. */
interface Need {
  readonly tool: string;
  readonly args: readonly string[];
  readonly why: string;
}
const NEEDED: readonly Need[] = [
  {
    tool: 'go',
    args: ['version'],
    why: 'Go 1.26 builds the control plane (or KUBEBUILDER_ASSETS names one that is built)',
  },
  { tool: 'openssl', args: ['version'], why: 'openssl makes the certificates' },
  { tool: 'python3', args: ['-c', 'import venv'], why: 'Python with venv runs moto, which plays AWS' },
  { tool: 'setpriv', args: ['--version'], why: 'setpriv (util-linux) lets servers die with the test' },
];
const FOR_NODES: readonly Need[] = [
  { tool: 'mmdebstrap', args: ['--version'], why: 'mmdebstrap makes what nodes consist of' },
  { tool: 'ip', args: ['-V'], why: 'ip (iproute2) connects them' },
  { tool: 'nsenter', args: ['--version'], why: 'nsenter (util-linux) enters them' },
];

/**
 * Why tests on a real control plane cannot run on this machine, for their name; null: they can. In CI they run, and
 * fail, whatever is missing.
 */
export function leftOut(): string | null {
  if (process.env.CI === 'true') return null;
  return missingOf(NEEDED);
}

/** The same for tests on real nodes, which must be root besides. */
export function whyNoNodes(): string | null {
  if (process.env.CI === 'true') return null;
  if (process.getuid?.() !== 0) return 'left out on this machine: nodes are namespaces, which only root can make';
  return missingOf([...NEEDED, ...FOR_NODES]);
}

function missingOf(needed: readonly Need[]): string | null {
  const missing = needed.filter(({ tool, args }) => {
    if (tool === 'go' && process.env.KUBEBUILDER_ASSETS !== undefined) return false;
    return spawnSync(tool, args).error !== undefined;
  });
  return missing.length === 0 ? null : `left out on this machine: ${missing.map(({ why }) => why).join('; ')}`;
}
