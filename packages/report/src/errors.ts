import { RestowError } from '@restow/model';

export type LedgerErrorCode = 'MISSING' | 'DAMAGED' | 'IN_USE' | 'FULL';

/** The ledger cannot be read or written. `MISSING`: there is none. */
export class LedgerError extends RestowError {
  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(`RESTOW_LEDGER_${code}`, message, options);
  }
}
