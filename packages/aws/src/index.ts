export { type AwsPricesOptions, awsPrices } from './aws-prices.ts';
