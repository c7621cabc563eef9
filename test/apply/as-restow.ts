import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlPlane, renderChart } from '@restow/testkit';

const RIGHTS = ['reader.yaml', 'planner.yaml', 'actor.yaml'];

/** A kubeconfig of the service account that the chart makes for acting: what restow may do there is what it needs. */
export async function asRestow({ kubectl, kubeconfig, folder }: ControlPlane, liveMoves = false): Promise<string> {
  for (const only of liveMoves ? [...RIGHTS, 'live-mover.yaml'] : RIGHTS) {
    await kubectl(['apply', '-f', '-'], await renderChart({ only, values: [`liveMoves=${liveMoves}`] }));
  }
  const token = (await kubectl(['create', 'token', 'restow', '-n', 'kube-system', '--duration=4h'])).trim();
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as object;
  const file = join(folder, 'restow');
  writeFileSync(file, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }), { mode: 0o600 });
  return file;
}
