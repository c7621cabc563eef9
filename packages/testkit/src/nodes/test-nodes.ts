import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { Daemon } from '../control-plane/daemon.ts';
import { cgroupName, makeCgroups, removeCgroups } from './cgroups.ts';
import { CONTROL_PLANE_ADDRESS, Fabric, NetworkNamespace } from './fabric.ts';
import type { ImageName } from './images.ts';
import { writeNodeFiles } from './node-files.ts';
import { nodeRoot } from './node-root.ts';

const run = promisify(execFile);
const ENTER = fileURLToPath(new URL('../../nodes/enter-node.sh', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

export interface TestNode {
  readonly name: string;
  readonly address: string;
  /** Runs a command on the node; its standard output. */
  exec(...command: readonly string[]): Promise<string>;
  /** What to put before a command, so that it runs on the node. */
  readonly enter: readonly string[];
  /** The node's own root, as this machine sees it; this repository is at `/restow` there, and cannot be written. */
  readonly root: string;
  stop(): Promise<void>;
}

/** A cluster of real kubelets on a real control plane, all of it on a network of its own. */
export interface TestNodes {
  readonly controlPlane: ControlPlane;
  readonly nodes: readonly TestNode[];
  /** What to put before a command, so that it is a peer of the pods and on no node. */
  readonly enterNetwork: readonly string[];
  /** A folder that every node has at `/shared`. */
  readonly shared: string;
  stop(): Promise<void>;
}

export interface TestNodesOptions {
  readonly count?: number;
  /** What containerd calls in place of runc. */
  readonly runtime: string;
  /** Images that pods may have beside that of redis. */
  readonly images?: readonly ImageName[];
}

/** As root, on Linux: nodes that are Ready when this resolves, and dead with the test. */
export async function startTestNodes({ count = 2, runtime, images = [] }: TestNodesOptions): Promise<TestNodes> {
  const folder = await mkdtemp(join(tmpdir(), 'restow-nodes-'));
  const shared = join(folder, 'shared');
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    await mkdir(shared);
    const tree = await nodeRoot();
    const fabric = await Fabric.create(folder);
    stops.push(() => fabric.namespace.stop());
    const { enter } = fabric.namespace;
    const network = { enter, address: CONTROL_PLANE_ADDRESS };
    const controlPlane = await startControlPlane({ kwok: false, network });
    stops.push(() => controlPlane.stop());
    const nodes = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const node = await startNode(index + 1, {
          folder,
          tree,
          runtime,
          images: ['pause', 'redis', ...images],
          fabric,
          controlPlane,
        });
        stops.push(() => node.stop());
        return node;
      }),
    );
    await controlPlane.kubectl(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s']);
    return { controlPlane, nodes, enterNetwork: enter, shared, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Bed {
  readonly folder: string;
  readonly tree: string;
  readonly runtime: string;
  readonly images: readonly ImageName[];
  readonly fabric: Fabric;
  readonly controlPlane: ControlPlane;
}

async function startNode(number: number, bed: Bed): Promise<TestNode> {
  const { folder, tree, runtime, images, fabric, controlPlane } = bed;
  const name = `n${number}`;
  const address = `10.66.0.${10 + number}`;
  const work = join(folder, name);
  const cgroup = cgroupName(name);
  await mkdir(join(work, 'node'), { recursive: true });
  const namespace = await NetworkNamespace.create(name, folder);
  await fabric.connect(namespace);
  await namespace.ip('link', 'set', 'lo', 'up');
  // Left to itself a bridge has the lowest address of its ports, and another one when a pod comes or goes.
  await namespace.ip('link', 'add', 'cni0', 'address', `02:00:00:00:00:${10 + number}`, 'type', 'bridge');
  await namespace.ip('link', 'set', 'eth0', 'master', 'cni0', 'up');
  await namespace.ip('address', 'add', `${address}/16`, 'dev', 'cni0');
  await namespace.ip('link', 'set', 'cni0', 'up');
  await makeCgroups(cgroup);
  await writeNodeFiles(work, { name, number, address, cgroupRoot: `/${cgroup}`, runtime, images }, controlPlane);
  const unshare = ['unshare', '--mount', '--pid', '--uts', '--fork', '--kill-child'];
  const [command, ...args] = [...namespace.enter, ...unshare, 'sh', ENTER, tree, work, name, address, REPOSITORY];
  const daemon = new Daemon(`${name}-node`, folder, command!, args);
  const ready = ['get', 'node', name, '-o', "jsonpath={.status.conditions[?(@.type=='Ready')].status}"];
  const stop = async () => {
    // With its first process goes everything on it.
    await daemon.stop('SIGKILL');
    await namespace.stop();
    await removeCgroups(cgroup);
  };
  try {
    await daemon.waitFor(async () => (await controlPlane.kubectl(ready)) === 'True', 120_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const first = await firstProcessOf(daemon.pid);
  const enter = ['nsenter', `--target=${first}`, '--mount', '--pid', '--uts', '--net', '--'];
  const exec = async (...given: readonly string[]) => {
    const [program, ...rest] = [...enter, ...given];
    return (await run(program!, rest, { maxBuffer: 2 ** 28 })).stdout;
  };
  return { name, address, exec, enter, root: `/proc/${first}/root`, stop };
}

/** The node's process 1, which unshare has forked. */
async function firstProcessOf(pid: number): Promise<number> {
  const { stdout } = await run('cat', [`/proc/${pid}/task/${pid}/children`]);
  return Number(stdout.trim().split(' ')[0]);
}
