import type { Account } from '@restow/executor';
import { formatMicros, HOURS_PER_MONTH } from '@restow/model';
import { renderColumns } from './columns.ts';
import { formatBytes, formatMs, percent } from './plan-table.ts';

const MOST_FAILURES = 12;

/** What a run promised and what came of it, for people. */
export function renderAccount(account: Account): string {
  const { microsPerHour, currency, moves, nodes, stallMs, failures, reasons, left } = account;
  const { before, promised, now } = microsPerHour;
  const money = (micros: number) => formatMicros(micros, currency);
  const saving = (after: number) =>
    `${money(before - after)}/h, ${money((before - after) * HOURS_PER_MONTH)}/month` +
    (before === 0 ? '' : ` (${percent((before - after) / before)})`);
  const rows = [
    ['outcome', OUTCOMES[account.outcome]],
    ...reasons.map(({ code, message }) => ['because', `${message} [${code}]`]),
    ['promised', saving(promised)],
    ['achieved', `${saving(now)}: ${money(before)}/h before, ${money(now)}/h now`],
    [
      'cost of it',
      `${money(account.surgeMicros)} for nodes in between; ${formatMs(account.endedAt - account.startedAt)}`,
    ],
    [
      'moves',
      `${moves.made} of ${moves.promised} promised` +
        (moves.elsewhere > 0 ? `, ${moves.elsewhere} elsewhere than planned` : '') +
        (moves.failed > 0 ? `, ${moves.failed} failed` : '') +
        `; ${formatBytes(account.movedBytes)} sent`,
    ],
    ['stall', `${formatMs(stallMs.measured)} measured, ${formatMs(stallMs.promised)} predicted`],
    [
      'nodes',
      `${nodes.launched} launched, ${nodes.removed} removed` +
        (nodes.released > 0 ? `, ${nodes.released} given back` : '') +
        (nodes.notLaunched > 0 ? `, ${nodes.notLaunched} not to be had` : ''),
    ],
    ...(account.replans > 0 ? [['planned again', `${account.replans} times`]] : []),
    ...(account.resumed > 0 ? [['resumed', `${account.resumed} times`]] : []),
    ['refused', failures.length === 0 ? 'nothing' : `${failures.length} steps`],
    ...failures.slice(0, MOST_FAILURES).map(({ step, code, reason }) => ['', `${step}: ${reason} [${code}]`]),
    ...left.map((what) => ['left', what]),
  ];
  return renderColumns(rows.map((row) => [...row]));
}

const OUTCOMES: Readonly<Record<Account['outcome'], string>> = {
  target: 'the target is reached',
  start: 'nothing was changed',
  stopped: 'stopped before the target',
};
