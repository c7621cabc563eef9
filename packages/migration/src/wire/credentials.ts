/** Who somebody is among restow's own, as PEM. */
export interface Credentials {
  /** The certificate of the authority by which the others are known. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** `controller`: may order moves; `agent`: a node, that sends archives to others; `webhook`: may order nothing. */
export type Role = 'controller' | 'agent' | 'webhook';

/** The organisation in a certificate's subject. */
export function organisationOf(role: Role): string {
  return `restow:${role}`;
}

/** The name in an agent's certificate: one of its own for each node, whatever its address is. */
export function serverNameOf(node: string): string {
  return `${node}.agents.restow`;
}
