import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { nodeRoot } from './node-root.ts';

const run = promisify(execFile);

/** Programs of each image, as Debian has them, and files that they want beside their libraries. */
const IMAGES = {
  pause: { programs: ['sleep'], command: ['/usr/bin/sleep', 'infinity'], more: [] },
  redis: {
    programs: ['redis-server', 'redis-cli', 'sh', 'sleep', 'cat', 'ls', 'mkdir', 'date', 'rm', 'tail', 'id'],
    command: ['/usr/bin/redis-server'],
    more: [],
  },
  mariadb: {
    programs: ['mariadbd', 'sh'],
    command: ['/usr/sbin/mariadbd'],
    more: ['/usr/share', '/usr/share/mariadb', '/usr/share/mariadb/english', '/usr/share/mariadb/english/errmsg.sys'],
  },
} as const;
export type ImageName = keyof typeof IMAGES;
export const IMAGE_NAMES = Object.keys(IMAGES) as ImageName[];

/** What a pod calls the image; never pulled. */
export function imageReference(name: ImageName): string {
  return `localhost/${name}:1`;
}

/** An image as a tar that `ctr images import` takes; made on first use from the node's own Debian tree. */
export async function imageArchive(name: ImageName): Promise<string> {
  const root = await nodeRoot();
  const pinned = createHash('sha256').update(JSON.stringify(IMAGES[name])).digest('hex').slice(0, 16);
  const archive = `${root}-${name}-${pinned}.tar`;
  if (existsSync(archive)) return archive;
  const folder = await mkdtemp(join(tmpdir(), 'restow-image-'));
  const partial = `${archive}.${randomUUID()}`;
  try {
    await writeLayout(root, folder, name);
    await run('tar', ['--create', '--file', partial, '--directory', folder, '.']);
    await rename(partial, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
  return archive;
}

/** An OCI layout of one layer. Source: OCI image layout specification. */
async function writeLayout(root: string, folder: string, name: ImageName): Promise<void> {
  const { programs, command, more } = IMAGES[name];
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const layer = join(folder, 'layer.tar');
  const files = [...(await filesOf(root, programs)), ...more].map((path) => `.${path}`);
  const list = join(folder, 'files');
  await writeFile(list, [...new Set(files)].join('\n'));
  const empty = join(folder, 'empty');
  for (const path of ['tmp', 'data', 'etc', 'proc', 'sys', 'dev', 'run', 'var/log']) {
    await mkdir(join(empty, path), { recursive: true });
  }
  await writeFile(join(empty, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  await writeFile(join(empty, 'etc', 'group'), 'root:x:0:\n');
  await run('tar', ['--create', '--file', layer, '--directory', root, '--no-recursion', '--files-from', list]);
  await run('tar', ['--append', '--file', layer, '--directory', empty, '.']);
  for (const path of [list, empty]) await rm(path, { recursive: true });
  const add = async (path: string, mediaType: string) => {
    const digest = await digestOf(path);
    const { size } = await stat(path);
    await rename(path, join(blobs, digest));
    return { mediaType, digest: `sha256:${digest}`, size };
  };
  const json = async (mediaType: string, value: object) => {
    const path = join(folder, 'json');
    await writeFile(path, JSON.stringify(value));
    return add(path, mediaType);
  };
  const layerOf = await add(layer, 'application/vnd.oci.image.layer.v1.tar');
  const config = await json('application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: command, WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [layerOf.digest] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await json(mediaType, { schemaVersion: 2, mediaType, config, layers: [layerOf] });
  const annotations = { 'io.containerd.image.name': imageReference(name) };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

/** The programs with the libraries that they load, and every link on the way to them. */
async function filesOf(root: string, programs: readonly string[]): Promise<string[]> {
  const paths = new Set<string>();
  const add = async (path: string): Promise<void> => {
    if (path === '/' || path === '.' || paths.has(path)) return;
    await add(dirname(path));
    paths.add(path);
    const link = await readlink(join(root, path)).catch(() => null);
    if (link === null) return;
    const target = await realpath(join(root, path));
    await add(`/${relative(root, target)}`);
  };
  for (const program of programs) {
    const { stdout: found } = await run('chroot', [root, '/bin/sh', '-c', `command -v ${program}`]);
    await add(found.trim());
    const { stdout } = await run('chroot', [root, 'ldd', found.trim()]).catch(() => ({ stdout: '' }));
    for (const [, library] of stdout.matchAll(/(\/\S+)(?: \(0x)/g)) await add(library!);
  }
  return [...paths];
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}
