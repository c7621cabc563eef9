import type { WorldState } from './world-state.ts';

const MAP = '$map';
const BIGINT = '$bigint';

/** The whole simulation as text. */
export function saveWorld(state: WorldState): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (value instanceof Map) return { [MAP]: [...value] };
    return typeof value === 'bigint' ? { [BIGINT]: value.toString() } : value;
  });
}

/** What saveWorld wrote. */
export function loadWorld(text: string): WorldState {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (MAP in value) return new Map(value[MAP] as [unknown, unknown][]);
    return BIGINT in value ? BigInt(value[BIGINT] as string) : value;
  }) as WorldState;
}
