// ESM throughout: run jest under `node --experimental-vm-modules` (the npm scripts do).
// swc only erases the types; tsc checks them (npm run check:types).
/**
 * @param {string} displayName
 * @param {readonly string[]} testMatch
 * @param {readonly string[]} testPathIgnorePatterns
 */
export const project = (displayName, testMatch, testPathIgnorePatterns = []) => ({
  displayName,
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch,
  testPathIgnorePatterns: ["/node_modules/", ...testPathIgnorePatterns],
  extensionsToTreatAsEsm: [".ts"],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        swcrc: false,
        sourceMaps: "inline",
        module: { type: "es6" },
        jsc: {
          target: "es2022",
          parser: { syntax: "typescript" },
          transform: { verbatimModuleSyntax: true },
        },
      },
    ],
  },
});

export default {
  maxWorkers: 2,
  // Modules of a test file stay in memory with the worker that ran it; a worker that is full is made anew.
  workerIdleMemoryLimit: "1500MB",
  testTimeout: 240_000,
  projects: [
    // Plain tests: need nothing but Node.
    project(
      "unit",
      ["<rootDir>/test/**/*.test.ts"],
      ["\\.pg\\.test\\.ts$", "<rootDir>/test/e2e/", "<rootDir>/test/real/"],
    ),
    // Need Postgres; they start the embedded one themselves.
    project("pg", ["<rootDir>/test/**/*.pg.test.ts"], ["<rootDir>/test/e2e/"]),
    // The whole program, started as a user would.
    project("e2e", ["<rootDir>/test/e2e/**/*.test.ts"]),
  ],
};
