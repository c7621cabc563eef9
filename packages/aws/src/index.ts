export { type AwsPricesOptions, awsPrices } from './aws-prices.ts';
export { examineAws, type PermissionFinding } from './doctor.ts';
