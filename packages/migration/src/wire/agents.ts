import type { KubeApi } from '@restow/kube';
import { z } from 'zod';
import { Agent } from './agent.ts';
import { AgentConnection } from './agent-connection.ts';
import type { Credentials } from './credentials.ts';
import { type AgentPeer, DEFAULT_AGENT_PORT } from './messages.ts';

const nodeSchema = z.looseObject({
  status: z.looseObject({
    addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).default([]),
  }),
});

/** The agents of a cluster, each found by its node's address; a connection is kept until it breaks. */
export class Agents {
  readonly #api: KubeApi;
  readonly #credentials: Credentials;
  readonly #open = new Map<string, { readonly agent: Agent; readonly connection: AgentConnection }>();

  constructor(api: KubeApi, credentials: Credentials) {
    this.#api = api;
    this.#credentials = credentials;
  }

  /** Throws OutageError when it does not answer; null when there is no such node, or it has no address. */
  async of(node: string, signal: AbortSignal): Promise<Agent | null> {
    const known = this.#open.get(node);
    if (known !== undefined && !known.connection.isClosed) return known.agent;
    const peer = await this.#peer(node, signal);
    if (peer === null) return null;
    const connection = await AgentConnection.open(peer.node, peer.url, this.#credentials);
    const agent = new Agent(peer, connection);
    this.#open.set(node, { agent, connection });
    return agent;
  }

  close(): void {
    for (const { connection } of this.#open.values()) connection.close();
    this.#open.clear();
  }

  async #peer(node: string, signal: AbortSignal): Promise<AgentPeer | null> {
    const found = await this.#api.read(`/api/v1/nodes/${node}`, signal);
    if (found === null) return null;
    const { status } = nodeSchema.parse(found);
    const address = status.addresses.find(({ type }) => type === 'InternalIP')?.address;
    return address === undefined ? null : { node, url: `https://${address}:${DEFAULT_AGENT_PORT}` };
  }
}
