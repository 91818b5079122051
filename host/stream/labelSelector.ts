/**
 * Kubernetes label selectors.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 *
 *   selector    = [ requirement { "," requirement } ]      all must hold; none: always true
 *   requirement = key | "!" key | key ("=" | "==" | "!=") [ value ]
 *               | key (">" | "<") integer | key ("in" | "notin") "(" [ value ] { "," [ value ] } ")"
 */

/** Whether a selector selects an object with these labels. */
export type Selector = (labels: ReadonlyMap<string, string>) => boolean;

/** One sentence with the place in the selector. */
export class SelectorError extends Error {}

/** Throws a `SelectorError`. */
export function parseSelector(text: string): Selector {
  const requirements = new Parser(text).selector();
  return (labels) => requirements.every((holds) => holds(labels));
}

interface Token {
  /** A word, or an operator that stands for itself; "" is the end. */
  readonly text: string;
  readonly isWord: boolean;
  readonly at: number;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(private readonly text: string) {
    const pattern = /\s*(?:(==|!=|[=!<>(),])|([^\s=!<>(),]+))/gy;
    const tokens: Token[] = [];
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const token = match[1] ?? match[2] ?? "";
      const at = match.index + match[0].length - token.length;
      tokens.push({ text: token, isWord: match[2] !== undefined, at });
    }
    this.#tokens = [...tokens, { text: "", isWord: false, at: text.length }];
  }

  selector(): Selector[] {
    if (this.#peek().text === "") return [];
    const requirements = [this.#requirement()];
    while (this.#take(",")) requirements.push(this.#requirement());
    if (this.#peek().text !== "") throw this.#unexpected("a comma or the end");
    return requirements;
  }

  #requirement(): Selector {
    if (this.#take("!")) {
      const key = this.#key();
      return (labels) => !labels.has(key);
    }
    const key = this.#key();
    const operator = this.#peek();
    switch (operator.text) {
      case "":
      case ",":
        return (labels) => labels.has(key);
      case "=":
      case "==":
        return isIn(key, [this.#oneValue()]);
      case "!=":
        return not(isIn(key, [this.#oneValue()]));
      case "in":
        return isIn(key, this.#values());
      case "notin":
        return not(isIn(key, this.#values()));
      case ">":
      case "<":
        return this.#comparison(key);
    }
    throw this.#unexpected("=, !=, in, notin, > or <");
  }

  #key(): string {
    const token = this.#peek();
    if (!token.isWord) throw this.#unexpected("a label");
    this.#next++;
    const slash = token.text.lastIndexOf("/");
    const prefix = token.text.slice(0, Math.max(slash, 0));
    const isPrefixGood = slash < 0 || (prefix.length <= 253 && subdomain.test(prefix));
    if (isPrefixGood && isName(token.text.slice(slash + 1))) return token.text;
    throw this.#wrong(token, `'${token.text}' is no label: ${nameRule}, with a domain/ before it`);
  }

  /** After `=`: may be empty. */
  #oneValue(): string {
    this.#next++;
    return this.#peek().isWord ? this.#value() : "";
  }

  #value(): string {
    const token = this.#peek();
    this.#next++;
    if (isName(token.text)) return token.text;
    throw this.#wrong(token, `'${token.text}' is no value of a label: ${nameRule}`);
  }

  #values(): string[] {
    const { text: operator } = this.#peek();
    this.#next++;
    if (!this.#take("(")) throw this.#unexpected(`'(' behind ${operator}`);
    if (this.#peek().text === ")") throw this.#unexpected("a value");
    const values: string[] = [];
    do values.push(this.#peek().isWord ? this.#value() : "");
    while (this.#take(","));
    if (!this.#take(")")) throw this.#unexpected("a comma or ')'");
    return values;
  }

  #comparison(key: string): Selector {
    const isGreater = this.#peek().text === ">";
    this.#next++;
    const token = this.#peek();
    if (!integer.test(token.text)) throw this.#unexpected("a whole number");
    this.#next++;
    const bound = BigInt(token.text);
    return (labels) => {
      const value = labels.get(key);
      if (value === undefined || !integer.test(value)) return false;
      return isGreater ? BigInt(value) > bound : BigInt(value) < bound;
    };
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  #take(text: string): boolean {
    if (this.#peek().text !== text) return false;
    this.#next++;
    return true;
  }

  #unexpected(expected: string): SelectorError {
    const token = this.#peek();
    const found = token.text === "" ? "the end" : `'${token.text}'`;
    return this.#wrong(token, `${expected} should stand where ${found} is`);
  }

  #wrong({ at }: Token, reason: string): SelectorError {
    return new SelectorError(`selector '${this.text}', character ${at + 1}: ${reason}`);
  }
}

const integer = /^-?\d{1,18}$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nameRule = "up to 63 letters, digits, -, _ and ., a letter or digit at both ends";

function isName(text: string): boolean {
  return text.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text);
}

function isIn(key: string, values: readonly string[]): Selector {
  const wanted = new Set(values);
  return (labels) => {
    const value = labels.get(key);
    return value !== undefined && wanted.has(value);
  };
}

/** Also true where the label is missing. */
function not(selector: Selector): Selector {
  return (labels) => !selector(labels);
}
