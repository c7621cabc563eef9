import type { NodeReport } from '../wire/messages.ts';
import { isOlder } from './is-older.ts';

/**
 * Why what was checkpointed on one node cannot be restored on the other. A process has found out once what its CPU can
 * do, and goes on using it. Source: CRIU, "CPU features"; kernels are compared by what their images may hold.
 */
export function whyNodesDiffer(source: NodeReport, target: NodeReport): readonly string[] {
  const reasons = [
    ...source.blockers.map((reason) => `${source.node}: ${reason}`),
    ...target.blockers.map((reason) => `${target.node}: ${reason}`),
  ];
  const versions = `${target.node} has ${target.architecture}, ${source.node} ${source.architecture}`;
  if (source.architecture !== target.architecture) reasons.push(versions);
  const missing = source.cpuFlags.filter((flag) => !target.cpuFlags.includes(flag));
  if (missing.length > 0) {
    const shown = missing.slice(0, 5).join(', ');
    reasons.push(`the CPU of ${target.node} lacks ${missing.length} features of that of ${source.node} (${shown})`);
  }
  if (isOlder(target.kernel, source.kernel)) {
    reasons.push(
      `the kernel of ${target.node} (${target.kernel}) is older than that of ${source.node} (${source.kernel})`,
    );
  }
  if (target.criu !== null && source.criu !== null && isOlder(target.criu, source.criu)) {
    reasons.push(`criu ${target.criu} of ${target.node} is older than ${source.criu} of ${source.node}`);
  }
  return reasons;
}
