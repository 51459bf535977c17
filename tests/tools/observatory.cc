#include "tests/tools/observatory.h"

#include <fstream>
#include <sstream>

#include "base/check.h"

namespace varve::testing {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  CHECK(file.good(), path);
  return text.str();
}

const std::string& observatory_schema() {
  static const std::string schema = read_file(OBSERVATORY_SCHEMA);
  return schema;
}

RecordBytes make_night(const std::function<void(capnp::DynamicStruct::Builder)>& fill) {
  const auto schema = CompiledSchema::load(as_bytes(observatory_schema()));
  CHECK(schema.has_value(), schema.error().text());
  const auto type = (*schema)->struct_type(kNightType);
  CHECK(type.has_value());
  capnp::MallocMessageBuilder message(1u << 16);
  fill(message.initRoot<capnp::DynamicStruct>(*type));
  const auto segments = message.getSegmentsForOutput();
  CHECK(segments.size() == 1);
  return RecordBytes(segments[0]);
}

RecordBytes make_full_night() {
  return make_night([](capnp::DynamicStruct::Builder night) {
    night.set("date", "2024-02-29 \"leap\"\n");
    night.set("moon", 0.25f);
    night.set("clear", false);
    auto exposures = night.init("exposures", 2).as<capnp::DynamicList>();
    auto first = exposures[0].as<capnp::DynamicStruct>();
    first.set("seconds", 0.1);
    first.set("filter", "green");
    first.set("photons", std::uint64_t{0xffffffffffffffff});
    first.set("shift", std::int64_t{-9007199254740993});
    first.init("next").as<capnp::DynamicStruct>().set("seconds", 30.0);
    auto dome = night.init("dome").as<capnp::DynamicStruct>();
    dome.set("azimuth", -90);
    dome.set("open", true);
    night.set("password", "open sesame");
    const kj::byte key[] = {0xde, 0xad, 0xbe, 0xef};
    night.set("key", capnp::Data::Reader(key, sizeof(key)));
    night.set("pin", 4711);
    auto counts = night.init("counts", 3).as<capnp::DynamicList>();
    counts.set(2, 12);
    const kj::byte raw[] = {0x00, 0x7f, 0xff};
    night.set("raw", capnp::Data::Reader(raw, sizeof(raw)));
    night.init("vault").as<capnp::DynamicStruct>().set("photons", std::uint64_t{42424242});
    night.init("shelf", 1).as<capnp::DynamicList>().set(0, "swordfish");
  });
}

RecordBytes make_long_night() {
  return make_night([](capnp::DynamicStruct::Builder night) { night.set("fault", std::string(2000, 'f').c_str()); });
}

}  // namespace varve::testing
