foreach(name sim_sigv4 sim_params sim_state sim_metrics sim_http)
  unit(${name} sim)
endforeach()
