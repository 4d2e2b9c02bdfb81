# The first plugin of somebody else: installs the SDK into a folder of its own, and builds sdk/template with nothing but
# CMAKE_PREFIX_PATH. Run with -DBUILD=<build folder> -DTEMPLATE=<sdk/template> -DWORK=<scratch> -DCOMPILER=<c++>.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
set(flags "-Wall -Wextra -Wpedantic -Werror")
if(SANITIZE) # what the kit was built with
  string(APPEND flags " -fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${TEMPLATE} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
  -DCMAKE_INSTALL_PREFIX=${WORK}/installed -DCMAKE_CXX_COMPILER=${COMPILER}
  "-DCMAKE_CXX_FLAGS=${flags}")
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_COMMAND} --install ${WORK}/build)
if(NOT EXISTS ${WORK}/installed/lib/ferry/plugins/my-packer.so)
  message(FATAL_ERROR "the template installed no my-packer.so")
endif()
execute_process(COMMAND nm -D --defined-only ${WORK}/installed/lib/ferry/plugins/my-packer.so
  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]* [B-DR-W] [^\n]*" exported "${symbols}")
list(LENGTH exported count)
if(NOT count EQUAL 1 OR NOT exported MATCHES "ferry_plugin_v1")
  message(FATAL_ERROR "the plugin exports more than its entry:\n${symbols}")
endif()
