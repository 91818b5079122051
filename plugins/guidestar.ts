/** Makes the SDK what `import { … } from "guidestar"` finds: `asc --lib` points to this folder. */
export * from "./sdk/index";
