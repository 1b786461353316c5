// As much of a browser's document as the page's views touch: elements, attributes, texts.

export class FakeText {
  readonly textContent: string;
  constructor(text: string) {
    this.textContent = text;
  }
}

export class FakeElement {
  readonly tag: string;
  /** What is typed into an input. */
  value = "";
  readonly attributes = new Map<string, string>();
  readonly listeners = new Map<string, (event: { readonly currentTarget: FakeElement }) => unknown>();
  readonly children: (FakeElement | FakeText)[] = [];

  constructor(tag: string) {
    this.tag = tag;
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }

  addEventListener(event: string, listener: (event: { readonly currentTarget: FakeElement }) => unknown): void {
    this.listeners.set(event, listener);
  }

  appendChild(child: FakeElement | FakeText): void {
    this.children.push(child);
  }

  get textContent(): string {
    return this.children.map((child) => child.textContent).join("");
  }

  /** This element and all below it. */
  all(): readonly FakeElement[] {
    return [this, ...this.children.flatMap((child) => (child instanceof FakeElement ? child.all() : []))];
  }

  /** Presses it and waits for what it does. */
  async press(): Promise<void> {
    await this.listeners.get("click")?.({ currentTarget: this });
  }
}

/** For `globalThis.document`. */
export const FAKE_DOCUMENT = {
  createElement: (tag: string) => new FakeElement(tag),
  createTextNode: (text: string) => new FakeText(text),
};

/** What a view returned, under one roof. */
export function roof(made: unknown): FakeElement {
  const element = new FakeElement("main");
  for (const each of [made].flat(9))
    if (each instanceof FakeElement || each instanceof FakeText) element.appendChild(each);
  return element;
}
