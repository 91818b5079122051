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
    for (const [name, { size, fields }] of Object.entries(structs)) {
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
