import { debianTree } from './debian-tree.ts';

/** What a node is made of, and what runs in its pods. */
const PACKAGES = [
  ...['containerd', 'runc', 'criu', 'containernetworking-plugins'],
  ...['iproute2', 'nftables', 'mount', 'util-linux-extra', 'procps', 'ca-certificates'],
  ...['redis-server', 'mariadb-server'],
];

/** A Debian tree with all that a node needs; made on first use (a minute, as root) and kept. */
export function nodeRoot(): Promise<string> {
  return debianTree('node', PACKAGES);
}
