import { spawnSync } from 'node:child_process';

/** What each tool is needed for, and the question that it must be able to answer. */
const NEEDED = [
  {
    tool: 'go',
    args: ['version'],
    why: 'Go 1.26 builds the control plane (or KUBEBUILDER_ASSETS names one that is built)',
  },
  { tool: 'openssl', args: ['version'], why: 'openssl makes the certificates' },
  { tool: 'setpriv', args: ['--version'], why: 'setpriv (util-linux) lets servers die with the test' },
] as const;

/**
 * Why tests on a real control plane cannot run on this machine, for their name; null: they can. In CI they run, and
 * fail, whatever is missing.
 */
export function leftOut(): string | null {
  if (process.env.CI === 'true') return null;
  const missing = NEEDED.filter(({ tool, args }) => {
    if (tool === 'go' && process.env.KUBEBUILDER_ASSETS !== undefined) return false;
    return spawnSync(tool, args).error !== undefined;
  });
  return missing.length === 0 ? null : `left out on this machine: ${missing.map(({ why }) => why).join('; ')}`;
}
