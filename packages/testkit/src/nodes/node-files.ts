import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinary } from '../control-plane/binaries.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { NETWORK } from './fabric.ts';
import { type ImageName, imageArchive, imageReference } from './images.ts';

export interface NodeFacts {
  readonly name: string;
  /** 1, 2, 3 …: also the third part of its pods' addresses. */
  readonly number: number;
  readonly address: string;
  readonly cgroupRoot: string;
  /** The OCI runtime that containerd calls. */
  readonly runtime: string;
  readonly images: readonly ImageName[];
}

/** Everything that a node reads, in `work/node`: binaries, configuration, credentials, images. */
export async function writeNodeFiles(work: string, facts: NodeFacts, controlPlane: ControlPlane): Promise<void> {
  const { name, number, address, cgroupRoot, runtime, images } = facts;
  const file = (path: string) => join(work, 'node', path);
  for (const folder of ['etc/cni/net.d', 'etc/criu', 'images', 'pki', 'cni'])
    await mkdir(file(folder), { recursive: true });
  const subject = `/O=system:nodes/CN=system:node:${name}`;
  const { cert, key } = await controlPlane.certificates.sign(`node-${name}`, subject);
  const base64 = async (path: string) => (await readFile(path)).toString('base64');
  const { ca } = controlPlane.certificates;
  const cluster = { server: controlPlane.urlForNodes, 'certificate-authority-data': await base64(ca) };
  const user = { 'client-certificate-data': await base64(cert), 'client-key-data': await base64(key) };
  await Promise.all([
    writeFile(file('containerd.toml'), containerdConfig()),
    writeFile(file('kubelet.json'), JSON.stringify(kubeletConfig(cgroupRoot))),
    writeFile(file('kubeconfig'), JSON.stringify(kubeconfig(cluster, user)), { mode: 0o600 }),
    writeFile(file('etc/cni/net.d/10-fabric.conflist'), JSON.stringify(cniConfig(number))),
    // Connections are kept, those that are only half open are not.
    writeFile(file('etc/criu/runc.conf'), 'tcp-established\nskip-in-flight\nnetwork-lock nftables\n'),
    writeFile(file('etc/hosts'), `127.0.0.1 localhost\n${address} ${name}\n`),
    writeFile(file('etc/resolv.conf'), ''),
    writeFile(file('etc/machine-id'), createHash('md5').update(`${work}${name}`).digest('hex')),
    copyFile(ca, file('ca.crt')),
    copyFile(await findBinary('kubelet'), file('kubelet')),
    copyFile(runtime, file('runtime')),
    copyFile(runtime, file('cni/restow-cni')),
    ...images.map(async (image) => {
      const archive = await imageArchive(image);
      await link(archive, file(`images/${image}.tar`)).catch(() => copyFile(archive, file(`images/${image}.tar`)));
    }),
  ]);
}

function containerdConfig(): string {
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "${imageReference('pause')}"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/node/cni", "/usr/lib/cni"]
conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "/node/runtime"
[plugins."io.containerd.nri.v1.nri"]
disable = true
`;
}

function kubeletConfig(cgroupRoot: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: ['none'],
    oomScoreAdj: 0,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    localStorageCapacityIsolation: false,
    resolvConf: '',
    healthzPort: 0,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/node/ca.crt' },
    },
    authorization: { mode: 'Webhook' },
    nodeStatusUpdateFrequency: '2s',
    registerWithTaints: [],
  };
}

function kubeconfig(cluster: object, user: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'node',
    clusters: [{ name: 'bed', cluster }],
    users: [{ name: 'node', user }],
    contexts: [{ name: 'node', context: { cluster: 'bed', user: 'node' } }],
  };
}

/** All pods on one flat network, each node with a range of its own in it. */
function cniConfig(number: number): object {
  const range = { subnet: NETWORK, rangeStart: `10.66.${number}.10`, rangeEnd: `10.66.${number}.250` };
  return {
    cniVersion: '1.0.0',
    name: 'fabric',
    plugins: [
      {
        type: 'restow-cni',
        delegate: {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: false,
          ipam: { type: 'host-local', ranges: [[range]], routes: [], dataDir: '/var/lib/cni' },
        },
      },
    ],
  };
}
