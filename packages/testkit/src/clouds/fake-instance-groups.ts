/** A node pool of a cluster, with a managed instance group for each of its zones, or one for its region. */
export interface FakePool {
  readonly cluster: string;
  readonly name: string;
  /** `us-central1-a` or, regional, `us-central1`. */
  readonly location: string;
  readonly zones: readonly string[];
  readonly machineType: string;
  /** Machines of each group. */
  readonly size: number;
  /** null: no autoscaler keeps to any. */
  readonly least: number | null;
  readonly most: number | null;
}

interface Group {
  readonly name: string;
  readonly location: string;
  readonly pool: FakePool;
  size: number;
  /** How many more it can have. */
  capacity: number;
  /** What goes takes until it is let go. */
  holds: boolean;
}

export interface FakeInstance {
  readonly name: string;
  readonly zone: string;
  readonly group: string;
  readonly machineType: string;
  readonly createdAt: Date;
  status: 'RUNNING' | 'STOPPING';
  isProtected: boolean;
}

const MOST_WITHOUT_SCALER = 1000;

/** Managed instance groups and their instances, as Compute Engine and GKE have them. */
export class FakeInstanceGroups {
  readonly instances = new Map<string, FakeInstance>();
  readonly #project: string;
  readonly #groups = new Map<string, Group>();
  /** Names of instances that could not be had, by group. */
  readonly #failed = new Map<string, Set<string>>();
  #count = 0;

  constructor(project: string) {
    this.#project = project;
  }

  add(pool: FakePool): void {
    const places = /-[a-z]$/.test(pool.location) ? pool.zones : [pool.location];
    for (const location of places) {
      const name = `gke-${pool.cluster}-${pool.name}-${location.replaceAll('-', '')}-grp`;
      const group: Group = { name, location, pool, size: 0, capacity: Number.POSITIVE_INFINITY, holds: false };
      this.#groups.set(name, group);
      for (let index = 0; index < pool.size; index++) this.#create(group, `gke-${pool.name}-${++this.#count}`);
    }
  }

  clear(): void {
    this.#groups.clear();
    this.instances.clear();
  }

  groupsOf(pool: string): Group[] {
    return [...this.#groups.values()].filter((group) => group.pool.name === pool);
  }

  /** Those that a hold was keeping go. */
  settle(): void {
    for (const one of [...this.instances.values()]) {
      if (one.status === 'STOPPING' && this.#groups.get(one.group)?.holds !== true) this.instances.delete(one.name);
    }
  }

  /** null: there is no such thing. */
  answer(method: string, path: string, body: Record<string, unknown>): object | null {
    this.settle();
    if (path.startsWith('/v1/projects/')) return this.#clusters(path);
    const place = /^\/compute\/v1\/projects\/[^/]+\/(?:zones|regions)\/([^/]+)\/(.+)$/.exec(path);
    if (place === null) return null;
    const [, location = '', rest = ''] = place;
    const [kind, name = '', act = 'get'] = rest.split('/');
    if (kind === 'operations') return { name, status: 'DONE', kind: 'compute#operation' };
    if (kind === 'instances') return this.#instance(name, location);
    if (kind !== 'instanceGroupManagers') return null;
    const group = this.#groups.get(name);
    if (group === undefined || group.location !== location) return null;
    if (method === 'GET') return this.#describe(group);
    if (act === 'listManagedInstances') return this.#list(group);
    if (act === 'createInstances') return this.#createNamed(group, body);
    if (act === 'deleteInstances') return this.#delete(group, body);
    return null;
  }

  #create(group: Group, name: string): void {
    const counts = group.pool.zones.map((zone) => this.#members(group).filter((one) => one.zone === zone).length);
    const zone = /-[a-z]$/.test(group.location)
      ? group.location
      : group.pool.zones[counts.indexOf(Math.min(...counts))]!;
    group.size++;
    const { machineType } = group.pool;
    const createdAt = new Date();
    this.instances.set(name, {
      name,
      zone,
      group: group.name,
      machineType,
      createdAt,
      status: 'RUNNING',
      isProtected: false,
    });
  }

  #members(group: Group): FakeInstance[] {
    return [...this.instances.values()].filter((one) => one.group === group.name);
  }

  #describe({ name, size, location, pool }: Group): object {
    const where = location === pool.location && !/-[a-z]$/.test(location) ? { region: location } : { zone: location };
    return { name, ...where, targetSize: size, baseInstanceName: `gke-${pool.cluster}-${pool.name}` };
  }

  #list(group: Group): object {
    const there = this.#members(group).map(({ name, zone, status }) => ({
      name,
      instance: this.#url('zones', zone, `instances/${name}`),
      instanceStatus: status,
      currentAction: status === 'STOPPING' ? 'DELETING' : 'NONE',
    }));
    const failed = [...(this.#failed.get(group.name) ?? [])].map((name) => ({
      name,
      instance: this.#url('zones', group.pool.zones[0]!, `instances/${name}`),
      currentAction: 'CREATING',
      lastAttempt: {
        errors: {
          errors: [{ code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message: 'the zone does not have enough resources' }],
        },
      },
    }));
    return { managedInstances: [...there, ...failed] };
  }

  #createNamed(group: Group, body: Record<string, unknown>): object {
    for (const { name } of body.instances as { name: string }[]) {
      if (this.instances.has(name)) continue;
      if (group.capacity <= 0) {
        group.size++;
        this.#failed.set(group.name, (this.#failed.get(group.name) ?? new Set()).add(name));
      } else {
        group.capacity--;
        this.#create(group, name);
      }
    }
    return operation(group.location);
  }

  #delete(group: Group, body: Record<string, unknown>): object {
    for (const url of body.instances as string[]) {
      const name = url.slice(url.lastIndexOf('/') + 1);
      const one = this.instances.get(name);
      if (this.#failed.get(group.name)?.delete(name) === true) group.size--;
      if (one === undefined || one.group !== group.name || one.status === 'STOPPING') continue;
      group.size--;
      one.status = 'STOPPING';
    }
    this.settle();
    return operation(group.location);
  }

  #instance(name: string, zone: string): object | null {
    const one = this.instances.get(name);
    if (one === undefined || one.zone !== zone) return null;
    const { location, name: group } = this.#groups.get(one.group)!;
    const kind = /-[a-z]$/.test(location) ? 'zones' : 'regions';
    return {
      name,
      status: one.status,
      machineType: this.#url('zones', zone, `machineTypes/${one.machineType}`),
      creationTimestamp: one.createdAt.toISOString(),
      deletionProtection: one.isProtected,
      metadata: {
        items: [{ key: 'created-by', value: `projects/123456/${kind}/${location}/instanceGroupManagers/${group}` }],
      },
    };
  }

  #clusters(path: string): object | null {
    if (!path.endsWith('/locations/-/clusters')) return null;
    const groups = [...this.#groups.values()];
    const names = new Set(groups.map(({ pool }) => pool.cluster));
    return {
      clusters: [...names].map((name) => {
        const pools = new Set(groups.filter(({ pool }) => pool.cluster === name).map(({ pool }) => pool));
        return { name, nodePools: [...pools].map((pool) => this.#describePool(pool, groups)) };
      }),
    };
  }

  #describePool(pool: FakePool, groups: readonly Group[]): object {
    const { name, least, most, machineType } = pool;
    const own = groups.filter((group) => group.pool === pool);
    return {
      name,
      config: { machineType },
      instanceGroupUrls: own.map((group) => {
        const kind = /-[a-z]$/.test(group.location) ? 'zones' : 'regions';
        return this.#url(kind, group.location, `instanceGroupManagers/${group.name}`);
      }),
      ...(least !== null && {
        autoscaling: { enabled: true, minNodeCount: least, maxNodeCount: most ?? MOST_WITHOUT_SCALER },
      }),
    };
  }

  #url(kind: string, location: string, rest: string): string {
    return `https://www.googleapis.com/compute/v1/projects/${this.#project}/${kind}/${location}/${rest}`;
  }
}

function operation(location: string): object {
  const kind = /-[a-z]$/.test(location) ? 'zone' : 'region';
  // Whoever does not wait for its end is found out.
  return { name: 'operation-1', status: 'RUNNING', kind: 'compute#operation', [kind]: `${kind}s/${location}` };
}
