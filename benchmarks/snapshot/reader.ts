import { KubeConnection } from '@restow/kube';
import { liveSnapshot } from '@restow/snapshotter';

/** Reads the pods of a cluster in one way and prints what that took. */
const [way, kubeconfig] = process.argv.slice(2) as [string, string];
const SIGNAL = new AbortController().signal;
const PAGE = 500;
const MIB = 2 ** 20;

const WAYS: Readonly<Record<string, () => Promise<number>>> = {
  /** The same collections and pages, each body thrown away but for where it goes on. */
  unparsed: async () => {
    const connection = await KubeConnection.open({ kubeconfig });
    let pods = 0;
    for (const path of ['/api/v1/nodes', '/api/v1/pods']) {
      let next = '';
      do {
        const query = new URLSearchParams({ limit: String(PAGE), ...(next === '' ? {} : { continue: next }) });
        const { body } = await connection.get(`${path}?${query}`, SIGNAL);
        const text = await body.text();
        const head = text.slice(0, 2000);
        next = /"continue":"([^"]*)"/.exec(head)?.[1] ?? '';
        if (path === '/api/v1/pods') pods += next === '' ? 0 : PAGE;
        if (path === '/api/v1/pods' && next === '') pods += (JSON.parse(text) as { items: unknown[] }).items.length;
      } while (next !== '');
    }
    await connection.close();
    return pods;
  },
  restow: async () => {
    const snapshot = await liveSnapshot({ kubeconfig }, new Date(), SIGNAL);
    kept = snapshot;
    return snapshot.pods.length;
  },
  typed: async () => {
    const { CoreV1Api, KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    const pods: unknown[] = [];
    kept = pods;
    let next: string | undefined;
    do {
      const page = await api.listPodForAllNamespaces({
        limit: PAGE,
        ...(next === undefined ? {} : { _continue: next }),
      });
      for (const pod of page.items) pods.push(pod);
      next = page.metadata?._continue || undefined;
    } while (next !== undefined);
    return pods.length;
  },
};

let kept: unknown = null;
const begun = performance.now();
const pods = await WAYS[way!]!();
const ms = performance.now() - begun;
const residentMib = process.resourceUsage().maxRSS / 1024;
globalThis.gc?.();
const heapMib = process.memoryUsage().heapUsed / MIB;
process.stdout.write(JSON.stringify({ ms, heapMib, residentMib, pods: kept === undefined ? 0 : pods }));
