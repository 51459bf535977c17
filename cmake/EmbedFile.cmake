# cmake -DINPUT=file -DOUTPUT=file.cc -DFUNCTION=rm_schema -P EmbedFile.cmake: a function of namespace varve that gives the file's bytes.
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR bytes "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," body "${hex}")
string(REGEX REPLACE "(....................................................................................................)" "\\1\n" body "${body}")
file(WRITE ${OUTPUT} "// Generated from ${INPUT}.
#include <string_view>

namespace varve {
namespace {
alignas(8) constexpr unsigned char kBytes[${bytes}] = {
${body}};
}  // namespace

std::string_view ${FUNCTION}();
std::string_view ${FUNCTION}() { return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)}; }

}  // namespace varve
")
