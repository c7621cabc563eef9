/** Why something was not done. Codes are stable; reasons are for people. */
export interface Refusal<Code extends string = string> {
  readonly ok: false;
  readonly code: Code;
  readonly reason: string;
}

/** Done, with what came of it, or not done, with the reason. An outage is thrown instead. */
export type ActOutcome<Result extends object = object, Code extends string = string> =
  | ({ readonly ok: true } & Result)
  | Refusal<Code>;
