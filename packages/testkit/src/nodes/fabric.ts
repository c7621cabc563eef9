import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { Daemon } from '../control-plane/daemon.ts';

const run = promisify(execFile);
const BRIDGE = 'fabric';
/** Pods, nodes and the control plane are on one network of their own. */
export const NETWORK = '10.66.0.0/16';
export const CONTROL_PLANE_ADDRESS = '10.66.0.2';

/** A network namespace that lives as long as the process that holds it. */
export class NetworkNamespace {
  readonly pid: number;
  readonly #holder: Daemon;

  private constructor(holder: Daemon, pid: number) {
    this.#holder = holder;
    this.pid = pid;
  }

  static async create(name: string, folder: string): Promise<NetworkNamespace> {
    const holder = new Daemon(name, folder, 'unshare', ['--net', 'sleep', 'infinity']);
    const own = namespaceOf(process.pid);
    // unshare becomes sleep, once the namespace is there.
    await holder.waitFor(async () => namespaceOf(holder.pid) !== own && commandOf(holder.pid) === 'sleep');
    return new NetworkNamespace(holder, holder.pid);
  }

  /** What to put before a command, so that it runs in here. */
  get enter(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--'];
  }

  async ip(...args: readonly string[]): Promise<string> {
    const [command, ...rest] = [...this.enter, 'ip', ...args];
    return (await run(command!, rest)).stdout;
  }

  stop(): Promise<void> {
    return this.#holder.stop();
  }
}

/** The network that all nodes of a bed are on: a bridge in a namespace of its own. The machine's own stays as it is. */
export class Fabric {
  readonly namespace: NetworkNamespace;
  #links = 0;

  private constructor(namespace: NetworkNamespace) {
    this.namespace = namespace;
  }

  static async create(folder: string): Promise<Fabric> {
    const namespace = await NetworkNamespace.create('fabric', folder);
    await namespace.ip('link', 'set', 'lo', 'up');
    await namespace.ip('link', 'add', BRIDGE, 'type', 'bridge');
    await namespace.ip('address', 'add', `${CONTROL_PLANE_ADDRESS}/16`, 'dev', BRIDGE);
    await namespace.ip('link', 'set', BRIDGE, 'up');
    return new Fabric(namespace);
  }

  /** A cable to another namespace, which has it as `eth0`. */
  async connect(other: NetworkNamespace): Promise<void> {
    const link = `node${++this.#links}`;
    const peer = ['peer', 'name', 'eth0', 'netns', String(other.pid)];
    await this.namespace.ip('link', 'add', link, 'type', 'veth', ...peer);
    await this.namespace.ip('link', 'set', link, 'master', BRIDGE, 'up');
  }
}

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
