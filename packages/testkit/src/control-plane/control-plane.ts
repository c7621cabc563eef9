import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BinaryName, findBinary } from './binaries.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { Daemon } from './daemon.ts';
import { kwokArguments } from './kwok.ts';
import { freePorts } from './ports.ts';
import { relayInto } from './relay.ts';

export interface ControlPlaneOptions {
  readonly scheduler?: boolean;
  readonly controllerManager?: boolean;
  /** Plays the kubelets of all nodes: they are ready, and their pods run. */
  readonly kwok?: boolean;
  /** A network of its own, on which nodes reach it; it is on loopback all the same. */
  readonly network?: ControlPlaneNetwork;
}

export interface ControlPlaneNetwork {
  /** What to put before a command, so that it runs on that network. */
  readonly enter: readonly string[];
  /** Of the control plane there. */
  readonly address: string;
}

/** A real control plane on loopback. */
export interface ControlPlane {
  /** For logs and further daemons; gone after `stop`. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly url: string;
  /** Where nodes reach the API server. */
  readonly urlForNodes: string;
  readonly certificates: Certificates;
  /** Runs kubectl as administrator; throws with its stderr. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Creates or changes objects, as `kubectl apply` on a List. */
  apply(objects: readonly object[]): Promise<void>;
  /** Stops the API server in its tracks, and lets it go on: to its clients it is away. */
  suspendApiServer(suspended: boolean): void;
  stop(): Promise<void>;
}

/** etcd and kube-apiserver, and what else is asked for; ready when this resolves, dead with the process. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'restow-control-plane-'));
  const daemons: Daemon[] = [];
  const stop = async () => {
    for (const daemon of daemons.reverse()) await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await start(folder, daemons, options, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  folder: string,
  daemons: Daemon[],
  options: ControlPlaneOptions,
  stop: () => Promise<void>,
): Promise<ControlPlane> {
  const { network } = options;
  const launch = async (name: BinaryName, args: readonly string[]): Promise<Daemon> => {
    const [command, ...more] = [...(network?.enter ?? []), await findBinary(name), ...args];
    const daemon = new Daemon(name, folder, command!, more);
    daemons.push(daemon);
    return daemon;
  };
  const addresses = network === undefined ? [] : [network.address];
  const [certificates, ports] = await Promise.all([makeCertificates(folder, addresses), freePorts(3)]);
  const [etcdPort, peerPort, apiPort] = ports as [number, number, number];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const url = `https://127.0.0.1:${apiPort}`;
  const kubeconfig = await writeKubeconfig(folder, url, certificates);
  if (network !== undefined) daemons.push(...(await relayInto(network.enter, apiPort, folder)));
  await mkdir(join(folder, 'etcd'), { mode: 0o700 });
  await launch('etcd', [
    ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
    ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
  ]);
  const api = await launch('kube-apiserver', [
    ...apiServerArguments(etcdUrl, apiPort, certificates),
    ...(network === undefined ? [] : nodeArguments(network.address, certificates)),
    // What these add to objects only the controller manager would take off again.
    ...(options.controllerManager === false
      ? ['--disable-admission-plugins', 'ServiceAccount,StorageObjectInUseProtection']
      : []),
  ]);
  const kubectl = kubectlWith(await findBinary('kubectl'), kubeconfig);
  await api.waitFor(async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok');
  const common = ['--kubeconfig', kubeconfig, '--leader-elect=false', '--secure-port', '0'];
  if (options.controllerManager ?? true) {
    const keys = [
      '--service-account-private-key-file',
      certificates.serviceAccountKey,
      '--root-ca-file',
      certificates.ca,
    ];
    const manager = await launch('kube-controller-manager', [
      ...common,
      ...keys,
      ...['--concurrent-deployment-syncs', '20'],
      // What plays the kubelets does not make pods ready again, as kubelets do, that are marked unready with their node.
      ...['--node-monitor-grace-period', '3m'],
    ]);
    await manager.waitFor(async () => (await kubectl(['get', 'serviceaccount', 'default', '-o', 'name'])) !== '');
  }
  if (options.scheduler ?? true) {
    await launch('kube-scheduler', ['--config', await schedulerConfig(folder, kubeconfig), '--secure-port', '0']);
  }
  if (options.kwok ?? true) await launch('kwok', await kwokArguments(kubeconfig, folder));
  const apply = async (objects: readonly object[]) => {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
  };
  const suspendApiServer = (suspended: boolean) => api.signal(suspended ? 'SIGSTOP' : 'SIGCONT');
  const urlForNodes = `https://${network?.address ?? '127.0.0.1'}:${apiPort}`;
  return { folder, kubeconfig, url, urlForNodes, certificates, kubectl, apply, suspendApiServer, stop };
}

/** As it is by default, but that a pod without a node is tried again soon. */
async function schedulerConfig(folder: string, kubeconfig: string): Promise<string> {
  const path = join(folder, 'scheduler.json');
  const config = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig },
    leaderElection: { leaderElect: false },
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 1,
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** Real kubelets speak with the API server, and it with them. The last of equal flags counts. */
function nodeArguments(address: string, { adminCert, adminKey }: Certificates): string[] {
  return [
    ...['--bind-address', '0.0.0.0', '--advertise-address', address],
    ...['--kubelet-client-certificate', adminCert, '--kubelet-client-key', adminKey],
    ...['--kubelet-preferred-address-types', 'InternalIP'],
  ];
}

function apiServerArguments(etcdUrl: string, port: number, certificates: Certificates): string[] {
  const { ca, serverCert, serverKey, serviceAccountKey } = certificates;
  return [
    ...['--etcd-servers', etcdUrl, '--bind-address', '127.0.0.1', '--secure-port', String(port)],
    ...['--tls-cert-file', serverCert, '--tls-private-key-file', serverKey, '--client-ca-file', ca],
    ...['--service-account-key-file', serviceAccountKey, '--service-account-signing-key-file', serviceAccountKey],
    ...['--service-account-issuer', 'https://kubernetes.default.svc', '--authorization-mode', 'Node,RBAC'],
    ...['--service-cluster-ip-range', '10.0.0.0/24', '--allow-privileged=true'],
    // A test is one client that does what a whole cluster does.
    ...['--max-requests-inflight', '2000', '--max-mutating-requests-inflight', '1000'],
  ];
}

async function writeKubeconfig(folder: string, url: string, certificates: Certificates): Promise<string> {
  const base64 = async (file: string) => (await readFile(file)).toString('base64');
  const { ca, adminCert, adminKey } = certificates;
  const cluster = { server: url, 'certificate-authority-data': await base64(ca) };
  const user = { 'client-certificate-data': await base64(adminCert), 'client-key-data': await base64(adminKey) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  };
  const path = join(folder, 'kubeconfig');
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

function kubectlWith(binary: string, kubeconfig: string): ControlPlane['kubectl'] {
  return (args, input) =>
    new Promise((resolve, reject) => {
      const options = { env: { ...process.env, KUBECONFIG: kubeconfig }, maxBuffer: 2 ** 28 };
      const child = execFile(binary, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`kubectl ${args.slice(0, 3).join(' ')}: ${stderr.slice(-2000)}`));
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(input ?? '');
    });
}
