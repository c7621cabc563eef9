import packageJson from '../../package.json' with { type: 'json' };

export function runVersion(): void {
  process.stdout.write(`restow ${packageJson.version}\n`);
}
