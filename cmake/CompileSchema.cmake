# cmake -DCAPNP=capnp -DROOT=dir -DSCHEMA=rm/rm.capnp -DOUTPUT=file -P CompileSchema.cmake: the compiled form of a schema below ROOT.
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=PWD ${CAPNP} compile -I. -o- ${SCHEMA} WORKING_DIRECTORY ${ROOT} OUTPUT_FILE ${OUTPUT} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "capnp compile of ${SCHEMA} failed: ${status}")
endif()
