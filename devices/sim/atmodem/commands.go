package atmodem

// builtIn is the table of what every module answers.
func builtIn() map[string]Handler {
	fine := func(*Call) Result { return OK }
	return map[string]Handler{
		"E": flag(func(p *profile, on bool) { p.echo = on }),
		"V": flag(func(p *profile, on bool) { p.verbose = on }),
		"Q": flag(func(p *profile, on bool) { p.quiet = on }),
		"I": information, "Z": reset, "&F": reset, "&W": save,
		"X": fine, "L": fine, "M": fine, "&C": fine, "&D": fine, "&S": fine, "H": fine, "O": func(*Call) Result { return Error },
		"D": func(*Call) Result { return Error }, "+CMEE": cmee,

		"+GMI": manufacturer, "+CGMI": manufacturer, "+GMM": model, "+CGMM": model, "+GMR": revision, "+CGMR": revision,
		"+QGMR": fullRevision, "+CSUB": edition, "+GSN": imei, "+CGSN": imei, "+CIMI": withCard(imsi), "+QCCID": withCard(iccid),
		"+ICCID": withCard(iccid), "+CPIN": withCard(pin), "+CSQ": signal, "+CBC": battery, "+CCLK": clock,

		"+CFUN": function, "+QPOWD": powerDown, "+QDOWNLOAD": downloadMode, "+QPRTPARA": fine,
		"+CREG": registration, "+CGREG": registration, "+CEREG": registration, "+CGATT": attached, "+COPS": operator,
		"+QICSGP": packetContext, "+QIACT": activate, "+QIDEACT": deactivate,
		"+QURCCFG": urcConfig, "+QINDCFG": indicate, "+QCFG": config, "+QSSLCFG": tlsConfig, "+IPR": rate, "+IFC": flow, "+ICF": fine,

		"+QFLDS": space, "+QFLST": list, "+QFDEL": remove, "+QFUPL": upload, "+QFDWL": download,
		"+QFOPEN": open, "+QFREAD": read, "+QFWRITE": write, "+QFSEEK": seek, "+QFPOSITION": position, "+QFCLOSE": closeFile,
		"+QFTUCAT": truncate, "+QFOTADL": firmware,
	}
}
