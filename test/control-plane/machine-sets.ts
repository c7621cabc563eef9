import { ApiConnection, type ControlPlane, untilFound } from '@restow/testkit';

const GROUP = 'cluster.x-k8s.io';
export const NAMESPACE = 'fleet';
const MACHINES = `/apis/${GROUP}/v1beta1/namespaces/${NAMESPACE}/machines`;
const DEPLOYMENTS = `/apis/${GROUP}/v1beta1/namespaces/${NAMESPACE}/machinedeployments`;

export interface Machine {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/**
 * Cluster API's objects on a real API server, with a stand-in for its controllers that does what they document: a
 * MachineDeployment with fewer replicas than machines loses those that are marked first, then the newest; a deleted
 * Machine takes its Node with it.
 */
export class MachineSets {
  readonly #api: ApiConnection;
  readonly #controlPlane: ControlPlane;
  readonly #running: Promise<void>;
  #stopped = false;

  private constructor(controlPlane: ControlPlane, api: ApiConnection) {
    this.#controlPlane = controlPlane;
    this.#api = api;
    this.#running = this.#run();
  }

  static async start(controlPlane: ControlPlane): Promise<MachineSets> {
    await controlPlane.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      ...['Machine', 'MachineSet', 'MachineDeployment'].map(definition),
    ]);
    const crds = ['machines', 'machinesets', 'machinedeployments'].map((plural) => `crd/${plural}.${GROUP}`);
    await controlPlane.kubectl(['wait', '--for=condition=Established', ...crds]);
    return new MachineSets(controlPlane, await ApiConnection.open(controlPlane.kubeconfig));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#api.close();
  }

  /** A MachineDeployment `name` with its MachineSet, machines and nodes, the latter named `name-0`, `name-1` … */
  async create(name: string, replicas: number, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    const names = Array.from({ length: replicas }, (_, index) => `${name}-${index}`);
    await this.#own(name, names, annotations);
    await this.#controlPlane.apply(names.map(nodeOf));
  }

  /** The same for nodes that there are. */
  async adopt(name: string, nodes: readonly string[]): Promise<void> {
    await this.#own(name, nodes, {});
    for (const node of nodes) {
      const marks = Object.entries(annotationsOf(node)).map(([key, value]) => `${key}=${value}`);
      await this.#controlPlane.kubectl(['annotate', 'node', node, ...marks]);
    }
  }

  async #own(name: string, names: readonly string[], annotations: Readonly<Record<string, string>>): Promise<void> {
    const replicas = names.length;
    const object = (kind: string, own: string, owner: object | null, spec: object, more: object = {}) => ({
      apiVersion: `${GROUP}/v1beta1`,
      kind,
      metadata: { name: own, namespace: NAMESPACE, ...(owner === null ? {} : { ownerReferences: [owner] }), ...more },
      spec,
    });
    const make = async (one: object) => {
      await this.#controlPlane.kubectl(['create', '-f', '-'], JSON.stringify(one));
    };
    const reference = async (kind: string, own: string) => {
      const path = `${kind.toLowerCase()}s.${GROUP}/${own}`;
      const uid = await this.#controlPlane.kubectl(['get', path, '-n', NAMESPACE, '-o', 'jsonpath={.metadata.uid}']);
      return { apiVersion: `${GROUP}/v1beta1`, kind, name: own, uid, controller: true };
    };
    await make(object('MachineDeployment', name, null, { replicas }, { annotations }));
    await make(object('MachineSet', `${name}-set`, await reference('MachineDeployment', name), { replicas }));
    const set = await reference('MachineSet', `${name}-set`);
    for (const own of names) {
      await make(object('Machine', own, set, {}, { labels: { of: name }, finalizers: ['machine.cluster.x-k8s.io'] }));
    }
  }

  async replicas(name: string): Promise<number> {
    const path = [`machinedeployments.${GROUP}/${name}`, '-n', NAMESPACE, '-o', 'jsonpath={.spec.replicas}'];
    return Number(await this.#controlPlane.kubectl(['get', ...path]));
  }

  /** Machines of the MachineDeployment, those on their way out too. */
  async machines(name: string): Promise<readonly Machine[]> {
    return (await this.#api.call<{ items: Machine[] }>('GET', `${MACHINES}?labelSelector=of%3D${name}`)).items;
  }

  /** Until so many machines are there. */
  async settled(name: string, count: number): Promise<readonly Machine[]> {
    return untilFound(async () => {
      const found = await this.machines(name);
      return found.length === count ? found : null;
    }, `${name} has ${count} machines`);
  }

  async #run(): Promise<void> {
    type Deployments = { items: { metadata: { name: string }; spec: { replicas: number } }[] };
    while (!this.#stopped) {
      // A new kind's storage is not ready at once.
      await this.#api
        .call<Deployments>('GET', DEPLOYMENTS)
        .then(async ({ items }) => {
          for (const { metadata, spec } of items) await this.#reconcile(metadata.name, spec.replicas);
        })
        .catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #reconcile(name: string, replicas: number): Promise<void> {
    const all = await this.machines(name);
    const staying = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const isMarked = ({ metadata }: Machine) => metadata.annotations?.[`${GROUP}/delete-machine`] !== undefined;
    const order = [...staying].sort(
      (a, b) => Number(isMarked(b)) - Number(isMarked(a)) || b.metadata.name.localeCompare(a.metadata.name),
    );
    for (const { metadata } of order.slice(0, Math.max(0, staying.length - replicas))) {
      await this.#api.call('DELETE', `${MACHINES}/${metadata.name}`);
    }
    for (const { metadata } of all.filter((one) => !staying.includes(one))) {
      await this.#controlPlane.kubectl(['delete', 'node', metadata.name, '--ignore-not-found']);
      const patch = { metadata: { finalizers: null } };
      await this.#api.call('PATCH', `${MACHINES}/${metadata.name}`, patch, 'application/merge-patch+json');
    }
  }
}

function annotationsOf(node: string): Readonly<Record<string, string>> {
  return { [`${GROUP}/machine`]: node, [`${GROUP}/cluster-namespace`]: NAMESPACE };
}

function nodeOf(name: string): object {
  const resources = { cpu: '4', memory: '8Gi', pods: '20' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations: annotationsOf(name) },
    status: { allocatable: resources, capacity: resources },
  };
}

function definition(kind: string): object {
  const plural = `${kind.toLowerCase()}s`;
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}
