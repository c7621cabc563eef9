import { RestowError } from '@restow/model';

/** The cluster or the cloud is out of reach; what was asked may or may not have been done. */
export class OutageError extends RestowError {
  constructor(what: string, options?: ErrorOptions) {
    super('RESTOW_OUTAGE', `${what}; try again when it is back, a run can be resumed`, options);
  }
}

/** The journal cannot be used: damaged, foreign, or in use. */
export class JournalError extends RestowError {
  constructor(code: 'DAMAGED' | 'FOREIGN' | 'IN_USE' | 'EXISTS', message: string, options?: ErrorOptions) {
    super(`RESTOW_JOURNAL_${code}`, message, options);
  }
}
