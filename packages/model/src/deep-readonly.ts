/** The same data with every member readonly, all the way down; for what comes out of a zod schema. */
export type DeepReadonly<T> = T extends readonly unknown[] | object
  ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T;
