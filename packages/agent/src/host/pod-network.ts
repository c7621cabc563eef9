import type { PodAddress } from '@restow/migration';
import { z } from 'zod';
import { runProgram } from './run-program.ts';

const LIMIT_MS = 5_000;
const POD_INTERFACE = 'eth0';

const linksSchema = z.array(
  z.looseObject({
    ifindex: z.int(),
    ifname: z.string(),
    link_index: z.int().optional(),
    address: z.string(),
    addr_info: z
      .array(z.looseObject({ family: z.string(), local: z.string(), prefixlen: z.int(), scope: z.string() }))
      .default([]),
  }),
);

/** A pod's way to the network: one address on a veth pair, whose other end is on the node. */
export interface PodNetwork {
  readonly address: Omit<PodAddress, 'origin'>;
  /** The end on the node. */
  readonly hostInterface: string;
}

/** Of the pod in whose network namespace this process is; a string says why it is not one that can be moved. */
export async function podNetworkOf(pid: number): Promise<PodNetwork | string> {
  const inPod = ['nsenter', `--net=/proc/${pid}/ns/net`, 'ip', '-json', 'address', 'show', 'dev', POD_INTERFACE];
  const [link] = linksSchema.parse(JSON.parse(await runProgram(inPod, { limitMs: LIMIT_MS })));
  if (link?.link_index === undefined) return `${POD_INTERFACE} of the pod is no end of a veth pair`;
  const addresses = link.addr_info.filter(({ scope }) => scope === 'global');
  const [first] = addresses;
  if (addresses.length !== 1 || first?.family !== 'inet') {
    return `the pod has ${addresses.length} addresses (${addresses.map(({ local }) => local).join(', ')}): one of IPv4 can be kept`;
  }
  const all = linksSchema.parse(
    JSON.parse(await runProgram(['ip', '-json', 'address', 'show'], { limitMs: LIMIT_MS })),
  );
  const host = all.find(({ ifindex, link_index: other }) => ifindex === link.link_index && other === link.ifindex);
  if (host === undefined) return `the node has no other end of the pod's ${POD_INTERFACE}`;
  const address = { ip: first.local, prefixLength: first.prefixlen, mac: link.address };
  return { address, hostInterface: host.ifname };
}

/** Nothing reaches the pod and nothing leaves it, not even the kernel's own answers, or all of it again. */
export async function setLink(hostInterface: string, state: 'up' | 'down'): Promise<void> {
  await runProgram(['ip', 'link', 'set', 'dev', hostInterface, state], { limitMs: LIMIT_MS });
}
