import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManyCommands } from './many-commands.ts';

let commands: ManyCommands;
let folder: string;
beforeAll(() => {
  commands = new ManyCommands();
  folder = mkdtempSync(join(tmpdir(), 'restow-serve-config-'));
  writeFileSync(join(folder, 'bad-policy.yaml'), 'movePrice: dear\n');
});
afterAll(() => {
  commands.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SCHEDULE = '{ name: nightly, cron: "0 2 * * *" }';

test.each([
  ['no cron', 'schedules: [{ name: nightly, cron: "0 25 * * *" }]', /schedules\[0\]\.cron.*25/],
  [
    'a time zone that there is not',
    'schedules: [{ name: a, cron: "0 2 * * *", timeZone: Mars }]',
    /timeZone.*Europe\/Berlin/,
  ],
  ['two of one name', `schedules: [${SCHEDULE}, ${SCHEDULE}]`, /schedules: two schedules have one name/],
  ['an evacuation at what is no notice', 'evacuations: { on: [rumour] }', /evacuations\.on\[0\]/],
  ['a key that there is not', `schedule: []\nschedules: [${SCHEDULE}]`, /schedule/],
  [
    'a policy that is none',
    'schedules: [{ name: a, cron: "0 2 * * *", policy: bad-policy.yaml }]',
    /bad-policy\.yaml.*movePrice/,
  ],
  [
    'a policy that is not there',
    'schedules: [{ name: a, cron: "0 2 * * *", policy: none.yaml }]',
    /none\.yaml.*ENOENT/,
  ],
  ['notices of nobody', `notices: [pigeon]\nschedules: [${SCHEDULE}]`, /notices\[0\].*sqs:URL/],
  ['prices of nobody', `prices: [azure:west]\nschedules: [${SCHEDULE}]`, /prices\[0\].*aws:REGION/],
])('a configuration with %s is refused with file and path', async (_what, text, said) => {
  const file = join(folder, 'serve.yaml');
  writeFileSync(file, `${text}\n`);
  const { code, stderr, stdout } = await commands.run(['serve', '--config', file]);
  expect(code).toBe(2);
  expect(stderr.replaceAll('\n', ' ')).toMatch(said);
  expect(stdout).toBe('');
});
