import { createConnection, type RowDataPacket } from 'mysql2/promise';

/**
 * A client of MariaDB with one connection for all its life: `node mariadb-client.ts HOST` commits one number after the
 * other until its input ends, and counts then what is there. It never connects again.
 */
const [host] = process.argv.slice(2) as [string];

interface Counted extends RowDataPacket {
  readonly rows: number;
  readonly different: number;
  readonly greatest: number;
}

let isOver = false;
process.stdin.resume().on('end', () => {
  isOver = true;
});

const connection = await createConnection({ host, user: 'root' });
await connection.query('CREATE DATABASE bank');
await connection.query('CREATE TABLE bank.commits (n INT NOT NULL) ENGINE=InnoDB');
process.stderr.write('connected\n');
let commits = 0;
let lostBecause: string | null = null;
let found = { rows: 0, different: 0, greatest: 0 };
try {
  while (!isOver) {
    await connection.beginTransaction();
    await connection.query('INSERT INTO bank.commits VALUES (?)', [commits + 1]);
    await connection.commit();
    commits++;
  }
  const count = 'SELECT COUNT(*) AS `rows`, COUNT(DISTINCT n) AS different, MAX(n) AS greatest FROM bank.commits';
  const [[row]] = await connection.query<Counted[]>(count);
  found = row!;
  await connection.end();
} catch (error) {
  lostBecause = (error as Error).message;
}
const { rows, different, greatest } = found;
process.stdout.write(`${JSON.stringify({ commits, rows, distinct: different, greatest, lostBecause })}\n`, () =>
  process.exit(0),
);
