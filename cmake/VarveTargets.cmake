# Flags of every target, and the three kinds of target: a folder's library, a Cap'n Proto schema, a test.
find_program(VARVE_CCACHE ccache)
if(VARVE_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=/ CCACHE_NOHASHDIR=1
                                  ${VARVE_CCACHE})
endif()
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
if(PROJECT_IS_TOP_LEVEL)
  # Line tables; whole types of KJ's templates would make most of each object. With sanitizers -O1, half of the time to compile.
  if(VARVE_SANITIZE)
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -DNDEBUG")
  else()
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
  endif()
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(varve_flags INTERFACE)
target_compile_features(varve_flags INTERFACE cxx_std_20)
target_compile_options(varve_flags INTERFACE -Wall -Wextra -Wpedantic $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> -Wnon-virtual-dtor -Woverloaded-virtual
                                             -Wno-missing-field-initializers -Werror)
# g++ 12 does not see that kj::Maybe guards what it holds.
target_compile_options(varve_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
target_include_directories(varve_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
if(VARVE_SANITIZE)
  # No test of each pointer for null or of the object's size, which the address sanitizer sees as well: a third of the time to compile.
  # vptr opens a pipe to ask whether memory can be read, and takes the want of a descriptor for a "no".
  target_compile_options(varve_flags INTERFACE -fsanitize=${VARVE_SANITIZE} -fno-sanitize=null,object-size,vptr -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(varve_flags INTERFACE -fsanitize=${VARVE_SANITIZE})
endif()
if(CMAKE_UNITY_BUILD)
  # The presets with sanitizers compile several files as one, which takes half the time; g++ then takes anonymous namespaces for a header's.
  target_compile_options(varve_flags INTERFACE -Wno-subobject-linkage)
endif()

if(VARVE_BUILD_FUZZ)
  # clang 14 makes no object of a coroutine under -fsanitize=function; KJ's macros are GNU's.
  target_compile_options(varve_flags INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=function -Wno-gnu-statement-expression)
endif()

# varve_library(base SOURCES a.cc b.cc LINKS fmt::fmt): the folder's static library, varve_base.
function(varve_library folder)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(varve_${folder} STATIC ${arg_SOURCES})
  target_link_libraries(varve_${folder} PUBLIC $<BUILD_INTERFACE:varve_flags> ${arg_LINKS})
endfunction()

# varve_schema(editlog control.capnp): generated code in <build>/generated/editlog, as "editlog/control.capnp.h"; target varve_<folder>_schema.
function(varve_schema folder)
  set(CAPNPC_OUTPUT_DIR ${PROJECT_BINARY_DIR}/generated/${folder})
  set(CAPNPC_SRC_PREFIX ${CMAKE_CURRENT_SOURCE_DIR})
  file(MAKE_DIRECTORY ${CAPNPC_OUTPUT_DIR})
  capnp_generate_cpp(sources headers ${ARGN})
  add_library(varve_${folder}_schema STATIC ${sources} ${headers})
  target_include_directories(varve_${folder}_schema SYSTEM PUBLIC $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
  target_compile_features(varve_${folder}_schema PUBLIC cxx_std_20)
  target_link_libraries(varve_${folder}_schema PUBLIC CapnProto::capnp)
  if(VARVE_SANITIZE)
    target_compile_options(varve_${folder}_schema PRIVATE -fsanitize=${VARVE_SANITIZE})
  endif()
endfunction()

# A test's own code is compiled far longer than it runs.
if(VARVE_SANITIZE)
  set(VARVE_TEST_OPTIMIZATION -O0)
else()
  set(VARVE_TEST_OPTIMIZATION -O1)
endif()

# varve_test(editlog SOURCES a_test.cc LINKS varve_editlog [LABELS thread]): the executable editlog_test, each case a ctest test;
# the target tests_<label> builds all that have the label.
function(varve_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE varve_flags ${arg_LINKS} GTest::gmock GTest::gtest_main)
  target_compile_options(${name}_test PRIVATE ${VARVE_TEST_OPTIMIZATION})
  foreach(label ${arg_LABELS})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name}_test)
  endforeach()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600)
endfunction()
