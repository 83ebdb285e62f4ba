foreach(name codec_xml codec_json codec_csv codec_plan log_entry)
  unit(${name} codec)
endforeach()
unit(codec_sql codec)
