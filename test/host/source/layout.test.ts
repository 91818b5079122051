import assert from "node:assert/strict";
import { test } from "node:test";
import { openBaseObject } from "../../../host/sensors/baseObject.js";
import { readRecordLayout } from "../../../host/source/layout.js";
import { headerLayout } from "../../support/headerLayout.js";

test("the layout that tests read from the headers is that of the object", () => {
  const object = openBaseObject();
  try {
    const { structs, enums } = readRecordLayout(object.btf);
    const header = headerLayout();
    for (const name of ["gs_exec", "gs_hook_event", "gs_sock"]) assert.ok(header.structs[name]);
    for (const [name, { size, fields }] of Object.entries(structs)) {
      // What is only in maps has headers of its own.
      if (header.structs[name] === undefined) continue;
      assert.equal(header.structs[name]?.size, size, name);
      for (const [field, place] of Object.entries(fields))
        assert.deepEqual(header.structs[name]?.fields[field], place, `${name}.${field}`);
    }
    for (const [name, values] of Object.entries(enums))
      assert.deepEqual(header.enums[name], values, name);
  } finally {
    object.close();
  }
});
