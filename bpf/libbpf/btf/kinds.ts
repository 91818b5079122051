/** Kinds of BTF types, numbered as in the format. */
export const Kind = {
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Names for `find`, `names` and errors. */
export const kindNames: Readonly<Record<Kind, string>> = {
  0: "void",
  1: "int",
  2: "pointer",
  3: "array",
  4: "struct",
  5: "union",
  6: "enum",
  7: "forward declaration",
  8: "typedef",
  9: "volatile",
  10: "const",
  11: "restrict",
  12: "function",
  13: "prototype",
  14: "variable",
  15: "section",
  16: "float",
  17: "declaration tag",
  18: "type tag",
  19: "enum",
};

interface TypeBase {
  readonly id: number;
  readonly name: string;
}

/** One BTF type. Ids are those of the format; 0 is void. */
export type BtfType =
  | (TypeBase & { readonly kind: typeof Kind.VOID })
  | (TypeBase & {
      readonly kind: typeof Kind.INT;
      readonly size: number;
      readonly bits: number;
      readonly bitOffset: number;
      readonly encoding: "unsigned" | "signed" | "char" | "bool";
    })
  | (TypeBase & { readonly kind: typeof Kind.FLOAT; readonly size: number })
  | (TypeBase & {
      readonly kind: typeof Kind.ARRAY;
      readonly element: number;
      readonly count: number;
    })
  | (TypeBase & {
      readonly kind: typeof Kind.STRUCT | typeof Kind.UNION;
      readonly size: number;
      readonly members: readonly BtfMember[];
    })
  | (TypeBase & {
      readonly kind: typeof Kind.ENUM | typeof Kind.ENUM64;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly BtfEnumerator[];
    })
  | (TypeBase & { readonly kind: typeof Kind.FWD; readonly union: boolean })
  | (TypeBase & {
      readonly kind:
        | typeof Kind.PTR
        | typeof Kind.TYPEDEF
        | typeof Kind.VOLATILE
        | typeof Kind.CONST
        | typeof Kind.RESTRICT
        | typeof Kind.TYPE_TAG;
      readonly target: number;
    })
  | (TypeBase & {
      readonly kind: typeof Kind.FUNC;
      readonly target: number;
      readonly linkage: number;
    })
  | (TypeBase & {
      readonly kind: typeof Kind.FUNC_PROTO;
      readonly returns: number;
      readonly parameters: readonly { readonly name: string; readonly type: number }[];
    })
  | (TypeBase & {
      readonly kind: typeof Kind.VAR;
      readonly target: number;
      readonly linkage: number;
    })
  | (TypeBase & {
      readonly kind: typeof Kind.DATASEC;
      readonly size: number;
      readonly variables: readonly {
        readonly type: number;
        readonly offset: number;
        readonly size: number;
      }[];
    })
  | (TypeBase & {
      readonly kind: typeof Kind.DECL_TAG;
      readonly target: number;
      readonly component: number;
    });

export interface BtfMember {
  /** "" for an anonymous struct or union. */
  readonly name: string;
  readonly type: number;
  /** From the start of the struct. */
  readonly bitOffset: number;
  /** 0: not a bit-field. */
  readonly bitSize: number;
}

export interface BtfEnumerator {
  readonly name: string;
  /** A number as long as it is a safe integer. */
  readonly value: number | bigint;
}

/** The BTF types of one kind, or of several. */
export type TypeOfKind<K extends Kind> = K extends Kind ? OfKind<BtfType, K> : never;
type OfKind<T extends BtfType, K extends Kind> = T extends BtfType
  ? K extends T["kind"]
    ? T & { readonly kind: K }
    : never
  : never;
