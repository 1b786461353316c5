// SIGINT and SIGTERM: the first asks for a clean stop, a second one of the same kind is not waited for.

export interface Stop {
  readonly signal: AbortSignal;
  /** 130 or 143 after a signal; null without one. */
  exitCode(): number | null;
  /** Resolves at the first signal. */
  readonly asked: Promise<void>;
  end(): void;
}

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export function untilSignal(): Stop {
  const controller = new AbortController();
  let code: number | null = null;
  let resolveAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    resolveAsked = resolve;
  });
  const handlers = (Object.keys(CODES) as (keyof typeof CODES)[]).map((name) => {
    const handler = (): void => {
      if (code !== null) process.exit(CODES[name]);
      code = CODES[name];
      process.exitCode = code;
      controller.abort();
      resolveAsked();
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  return { signal: controller.signal, exitCode: () => code, asked, end: () => handlers.forEach((off) => off()) };
}
