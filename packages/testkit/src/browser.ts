import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { debianTree } from './nodes/debian-tree.ts';

const run = promisify(execFile);
const LIMIT_MS = 120_000;
const QUIET = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
  // Nothing that a page asks for elsewhere could be had.
  '--host-resolver-rules=MAP * ~NOTFOUND',
];

/** A Debian tree with Chromium; made on first use (a minute, as root) and kept. */
export function browserRoot(): Promise<string> {
  return debianTree('browser', ['chromium', 'fonts-dejavu-core']);
}

export interface Looked {
  /** A PNG of it, if one was asked for. */
  readonly screenshot: string | null;
  /** The page as the browser has understood it. */
  readonly dom: string;
  /** What it has said on its console: errors of the page, and what its policy did not allow. */
  readonly console: readonly string[];
}

export interface LookOptions {
  readonly width?: number;
  readonly height?: number;
  readonly isDark?: boolean;
  /** Where a picture of it shall be. */
  readonly screenshot?: string;
}

/** Opens a page from a file in headless Chromium, as root in a tree of its own. */
export async function lookAt(page: string, options: LookOptions = {}): Promise<Looked> {
  const { width = 1200, height = 1600, isDark = false, screenshot = null } = options;
  const root = await browserRoot();
  const folder = await mkdtemp(join(root, 'tmp', 'look-'));
  const inside = `/tmp/${basename(folder)}`;
  try {
    await writeFile(join(folder, 'page.html'), page);
    const chromium = async (...args: readonly string[]) => {
      const own = [`--user-data-dir=${inside}/profile`, '--enable-logging=stderr', `--window-size=${width},${height}`];
      const dark = isDark ? ['--blink-settings=preferredColorScheme=0'] : [];
      const command = ['/usr/bin/chromium', ...QUIET, ...own, ...dark, ...args, `file://${inside}/page.html`];
      // With devices and processes of its own, which are gone with it.
      const script = 'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" "$@"';
      const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--net'];
      return run('unshare', [...namespaces, 'sh', '-c', script, root, ...command], {
        timeout: LIMIT_MS,
        maxBuffer: 2 ** 26,
        env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: inside, LANG: 'C.UTF-8' },
      });
    };
    const { stdout: dom, stderr } = await chromium('--dump-dom');
    if (screenshot !== null) {
      await chromium('--hide-scrollbars', `--screenshot=${inside}/page.png`);
      await copyFile(join(folder, 'page.png'), screenshot);
    }
    const said = stderr.split('\n').filter((line) => line.includes(':CONSOLE'));
    return { screenshot, dom, console: said };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
