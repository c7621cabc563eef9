import { KubeApi, KubeConnection } from '@restow/kube';
import { Agents, issue, LiveMover, readAuthority, WebhookSteering } from '@restow/migration';

/**
 * `node gated-move.ts KUBECONFIG POD FROM TO` moves a pod of namespace default as an archive is moved that is too large to
 * be waited for: it is there before the pod. Prints the phases, one on a line.
 */
const [kubeconfig, name, from, to] = process.argv.slice(2) as [string, string, string, string];
const signal = AbortSignal.timeout(60_000);
const connection = await KubeConnection.open({ kubeconfig }, 'gated-move');
const api = new KubeApi(connection, { fieldManager: 'restow', dryRun: false, fence: () => {} });
const credentials = await issue(
  (await readAuthority(api, signal))!,
  { role: 'controller', name: 'test', hours: 1 },
  new Date(),
);
const agents = new Agents(api, credentials);
const mover = new LiveMover({
  api,
  agents,
  steering: new WebhookSteering(api, Date.now),
  now: Date.now,
  onPhase: (_order, phase) => process.stdout.write(`${phase}\n`),
  gateAboveBytes: 0,
});
const found = (await api.read(`/api/v1/namespaces/default/pods/${name}`, signal))!;
const [{ apiVersion, kind, name: ownerName, uid }] = found.metadata.ownerReferences as [
  { apiVersion: string; kind: string; name: string; uid: string },
];
const owner = { apiVersion, kind, name: ownerName, uid };
const pod = { namespace: 'default', name, uid: found.metadata.uid };
const outcome = await mover.move({ id: 'gated', pod, owner, from, to, method: 'live' }, signal, () => {});
process.stdout.write(`${JSON.stringify(outcome)}\n`);
agents.close();
await connection.close();
