import { RestowError } from '@restow/model';

export type LedgerErrorCode = 'DAMAGED' | 'IN_USE' | 'FULL';

/** The ledger cannot be read or written. */
export class LedgerError extends RestowError {
  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(`RESTOW_LEDGER_${code}`, message, options);
  }
}
